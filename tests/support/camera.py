"""A small camera: pushes pictures over a WebSocket (RFC 6455), with nothing but the standard library.

camera.py <host:port> <key> <room> <count> <fps>

Prints the server's texts and, when it is closed by the server, "close <code> <reason>".
"""

import base64
import os
import select
import socket
import struct
import sys
import time


def connect(address, key, room):
    host, port = address.rsplit(":", 1)
    line = socket.create_connection((host, int(port)), timeout=20)
    request = (
        f"GET /ingest/ws?app=live&room={room} HTTP/1.1\r\nHost: {address}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
        f"Authorization: Bearer {key}\r\n\r\n"
    )
    line.sendall(request.encode())
    head = b""
    while b"\r\n\r\n" not in head:
        byte = line.recv(1)
        if not byte:
            raise SystemExit("no answer")
        head += byte
    if not head.startswith(b"HTTP/1.1 101"):
        raise SystemExit(head.decode())
    return line


def send(line, kind, data):
    mask = os.urandom(4)
    if len(data) < 126:
        head = struct.pack(">BB", 0x80 | kind, 0x80 | len(data))
    elif len(data) < 65536:
        head = struct.pack(">BBH", 0x80 | kind, 0x80 | 126, len(data))
    else:
        head = struct.pack(">BBQ", 0x80 | kind, 0x80 | 127, len(data))
    masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
    line.sendall(head + mask + masked)


def exactly(line, count):
    data = b""
    while len(data) < count:
        more = line.recv(count - len(data))
        if not more:
            raise SystemExit("cut off")
        data += more
    return data


def receive(line):
    kind, length = exactly(line, 2)
    if length == 126:
        (length,) = struct.unpack(">H", exactly(line, 2))
    elif length == 127:
        (length,) = struct.unpack(">Q", exactly(line, 8))
    return kind & 0xF, exactly(line, length)


def handle(line):
    """Reads one message; gives whether it was a close."""
    kind, data = receive(line)
    if kind == 1:
        print(data.decode(), flush=True)
    elif kind == 9:
        send(line, 10, data)
    elif kind == 8:
        code = struct.unpack(">H", data[:2])[0] if data else 1005
        print("close", code, data[2:].decode(), flush=True)
        send(line, 8, data[:2])
        return True
    return False


def main():
    address, key, room, count, fps = sys.argv[1:]
    line = connect(address, key, room)
    handle(line)
    due = time.monotonic()
    for number in range(1, int(count) + 1):
        size = number * 50 if int(count) <= 255 else 1000
        body = struct.pack(">I", number) + bytes([number & 0xFF]) * size
        send(line, 2, b"\xff\xd8" + body + b"\xff\xd9")
        due += 1 / float(fps)
        while True:
            left = due - time.monotonic()
            readable, _, _ = select.select([line], [], [], max(left, 0))
            if not readable:
                break
            if handle(line):
                return
    send(line, 8, struct.pack(">H", 1000))
    while receive(line)[0] != 8:
        pass


main()
