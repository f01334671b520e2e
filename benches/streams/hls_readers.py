"""Many HLS readers in one process, which throw away what they get.

    hls_readers.py PORT PATH READERS low-latency|segments

PATH names the master playlist. A low-latency reader follows the playlist of every track with blocking reload (RFC
8216bis, 6.2.5.2) and fetches each part when it is named; one of segments fetches each finished segment and looks for
the next when the playlist's target duration allows. Each has a connection per track, as a browser would.

Prints one line of JSON for each line it reads: what all readers together got so far. It ends with its input.
"""

import asyncio
import json
import random
import re
import sys

counted = {"bytes": 0, "requests": 0, "media": 0}


class Connection:
    """HTTP/1.1, kept alive."""

    def __init__(self, port):
        self.port, self.streams = port, None

    async def get(self, path):
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)
        reader, writer = self.streams
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"(?im)^content-length: *(\d+)", head)
        body = await reader.readexactly(int(length[1])) if length else b""
        if not head.startswith("HTTP/1.1 200") or not length:
            raise SystemExit(f"readers: {path}: {head.splitlines()[0]} {body[:200]!r}")
        counted["bytes"] += len(body)
        counted["requests"] += 1
        return body


def read_playlist(text):
    """The parts, the finished segments, the sequence number of the segment in the making, and how many parts it has."""
    parts, segments, number, made = [], [], 0, 0
    for line in text.splitlines():
        if line.startswith("#EXT-X-MEDIA-SEQUENCE:"):
            number = int(line.partition(":")[2])
        elif line.startswith("#EXT-X-PART:"):
            parts.append(re.search(r'URI="([^"]+)"', line)[1])
            made += 1
        elif line and not line.startswith("#"):
            segments.append(line)
            made = 0
    return parts, segments, number + len(segments), made


async def follow(port, folder, name, low_latency):
    """One track, from the live edge on."""
    connection = Connection(port)
    text = (await connection.get(folder + name)).decode()
    target = int(re.search(r"#EXT-X-TARGETDURATION:(\d+)", text)[1])
    if not low_latency:
        # Readers of segments have come at any time.
        await asyncio.sleep(random.random() * target)
    known = None
    while True:
        parts, segments, number, made = read_playlist(text)
        listed = parts if low_latency else segments
        # A newcomer begins with the newest.
        fresh = listed[-1:] if known is None else [uri for uri in listed if uri not in known]
        known = set(listed)
        for uri in fresh:
            await connection.get(folder + uri)
            counted["media"] += 1
        query = ""
        if low_latency:
            query = f"?_HLS_msn={number}&_HLS_part={made}"
        else:
            await asyncio.sleep(target if fresh else target / 2)
        text = (await connection.get(folder + name + query)).decode()


async def answer():
    """Tells the figures whenever it is asked."""
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(counted), flush=True)


async def main():
    port, master, readers, mode = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
    folder = master.rpartition("/")[0] + "/"
    text = (await Connection(port).get(master)).decode()
    tracks = set(re.findall(r'URI="([^"]+)"', text)) | {l for l in text.splitlines() if l and not l.startswith("#")}
    work = [follow(port, folder, name, mode == "low-latency") for _ in range(readers) for name in sorted(tracks)]
    asked = asyncio.ensure_future(answer())
    work = [asyncio.ensure_future(one) for one in work]
    done, _ = await asyncio.wait([asked, *work], return_when=asyncio.FIRST_COMPLETED)
    for one in work:
        one.cancel()
    for one in done:
        one.result()


asyncio.run(main())
