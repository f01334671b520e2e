"""Many RTMP players in one process, which throw away what they get.

    rtmp_players.py PORT APPLICATION STREAM PLAYERS

Prints one line of JSON, {"bytes": N}, with what all players together got so far, for each line it reads. It ends with
its input. Sockets are emptied ten times a second, so that the players leave the processor to the server.
"""

import json
import os
import select
import socket
import struct
import sys
import time

LOOK_SECONDS = 0.1


def text(value):
    return b"\x02" + struct.pack(">H", len(value)) + value.encode()


def number(value):
    return b"\x00" + struct.pack(">d", value)


def command(stream, body):
    """A command message in one chunk of chunk stream 3 (RTMP 1.0, 5.3.1.2.1). It has to fit 128 bytes."""
    assert len(body) <= 128, "longer than one chunk"
    header = b"\x03" + bytes(3) + struct.pack(">I", len(body))[1:] + b"\x14" + struct.pack("<I", stream)
    return header + body


def exactly(peer, size):
    data = b""
    while len(data) < size:
        more = peer.recv(size - len(data))
        if not more:
            raise SystemExit("players: the server closed the connection")
        data += more
    return data


def play(port, application, stream):
    """A connection on which the stream comes in."""
    peer = socket.create_connection(("127.0.0.1", port), 10)
    peer.sendall(b"\x03" + bytes(8) + os.urandom(1528))
    answer = exactly(peer, 1 + 1536 + 1536)
    peer.sendall(answer[1:1537])
    place = text(f"rtmp://127.0.0.1:{port}/{application}")
    properties = b"\x00\x03app" + text(application) + b"\x00\x05tcUrl" + place + b"\x00\x00\x09"
    peer.sendall(command(0, text("connect") + number(1) + b"\x03" + properties))
    peer.sendall(command(0, text("createStream") + number(2) + b"\x05"))
    # The first stream that nginx gives has the number 1.
    peer.sendall(command(1, text("play") + number(3) + b"\x05" + text(stream) + number(-2000)))
    peer.setblocking(False)
    return peer


def main():
    port, application, stream, players = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
    peers = [play(port, application, stream) for _ in range(players)]
    got, scrap = 0, bytearray(1 << 20)
    while True:
        for peer in peers:
            try:
                size = peer.recv_into(scrap)
            except BlockingIOError:
                continue
            if size == 0:
                raise SystemExit("players: the server closed a connection")
            got += size
        if select.select([sys.stdin], [], [], 0)[0]:
            if not sys.stdin.readline():
                return
            print(json.dumps({"bytes": got}), flush=True)
        time.sleep(LOOK_SECONDS)


main()
