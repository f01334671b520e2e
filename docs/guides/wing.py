"""Sends one LiveWing command and prints the answer: wing.py URL TOKEN COMMAND [NAME=VALUE]..."""

import asyncio
import json
import sys

from websockets import connect


def read(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


async def main(url, token, command, *values):
    async with connect(url) as socket:

        async def ask(name, params):
            await socket.send(json.dumps({"id": name, "type": name, "params": params}))
            return json.loads(await socket.recv())

        await ask("system.auth", {"token": token})
        pairs = (value.split("=", 1) for value in values)
        print(json.dumps(await ask(command, {name: read(value) for name, value in pairs})))


asyncio.run(main(*sys.argv[1:]))
