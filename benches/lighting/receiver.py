"""Listens to sACN on a free port of loopback, and says how evenly it came.

    receiver.py RATE     says its port at once; when its standard input ends, what came, as JSON

Times are those that the kernel gave each packet on arrival (SO_TIMESTAMPNS), so it does not matter when it is read.
"""

import json
import select
import socket
import struct
import sys
import time

SO_TIMESTAMPNS = 35
SO_RCVBUFFORCE = 33
BUFFER = 8 << 20
PAUSE = 0.004
SEQUENCE, UNIVERSE = 111, slice(113, 115)


def open_socket():
    ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        ear.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
    except PermissionError:
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    ear.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    ear.bind(("127.0.0.1", 0))
    ear.setblocking(False)
    return ear


def main(rate):
    ear = open_socket()
    print(ear.getsockname()[1], flush=True)
    packets, lost, last, first_universe = 0, 0, {}, []
    begin = end = None
    ended = False
    while not ended:
        ended = bool(select.select([sys.stdin], [], [], 0)[0])
        while True:
            try:
                data, ancillary, _, _ = ear.recvmsg(700, 64)
            except BlockingIOError:
                break
            seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
            end = seconds * 10**9 + nanoseconds
            begin = begin or end
            universe, sequence = data[UNIVERSE], data[SEQUENCE]
            packets += 1
            if universe in last:
                lost += (sequence - last[universe] - 1) % 256
            last[universe] = sequence
            if universe == b"\0\1":
                first_universe.append(end)
        time.sleep(PAUSE)
    if len(first_universe) < 2:
        # Nobody sent.
        return
    gaps = [after - before for before, after in zip(first_universe, first_universe[1:])]
    jitter = sorted(abs(gap - 10**9 / rate) / 1e6 for gap in gaps)
    at = lambda share: jitter[min(int(share * len(jitter)), len(jitter) - 1)]
    print(
        json.dumps(
            {
                "packets": packets,
                "lost": lost,
                "seconds": (end - begin) / 1e9,
                "p50": at(0.5),
                "p99": at(0.99),
                "max": jitter[-1],
            }
        ),
        flush=True,
    )


main(int(sys.argv[1]))
