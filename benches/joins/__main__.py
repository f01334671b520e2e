"""How long after its POST a WHEP viewer has the whole of its first key frame, for clients that others wrote.

    python3 -B benches/joins LUMENCAST [NAME=COMMAND ...]

One 720p30 stream of 5 Mb/s with a key frame every 10 s is pushed to the server over RTMP without touching it; then each
client joins it 50 times, one join at a time, at all phases of a group. Clients are aiortc (target/python, made by
scripts/python.sh), Chromium, and commands that are run with the address for each join and print its milliseconds as the
first word of their last line, and how many packets came twice as the second.

The moment that counts is that at which the last packet of the picture arrived (in Chromium, at which the encoded picture
leaves its jitter buffer): decoding is the client's own matter. So is what a client loads for its first session: aiortc and
Chromium join once more than is counted.
"""

import asyncio
import json
import os
import re
import shlex
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "streams"))
from servers import Lumencast  # noqa: E402

JOINS = int(os.environ.get("BENCH_JOINS", "50"))
# Seconds before each join: after some the server has forgotten that there were viewers.
PAUSE = float(os.environ.get("BENCH_PAUSE_S", "0"))
ROOM = "joins"
AIM_MS = 80


def clip(folder):
    """20 s of a picture that is hard to code: its key frames have about 150 kB."""
    path = os.path.join(folder, "clip.mp4")
    source = "testsrc2=size=1280x720:rate=30,noise=alls=20:allf=t"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-f", "lavfi", "-i", "sine=sample_rate=48000"]
        + ["-t", "20", "-c:v", "libx264", "-preset", "superfast", "-bf", "0", "-g", "300", "-sc_threshold", "0"]
        + ["-b:v", "5M", "-maxrate", "5M", "-bufsize", "2M", "-pix_fmt", "yuv420p", "-c:a", "aac", path],
        check=True,
        timeout=300,
    )
    return path


def post(method, url, body=None):
    request = urllib.request.Request(url, body, {"Content-Type": "application/sdp"}, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.headers.get("Location"), answer.read().decode()


async def aiortc_joins(url):
    from aiortc import RTCPeerConnection, RTCSessionDescription
    from aiortc.rtcrtpreceiver import RTCRtpReceiver

    arrived = {"whole": None, "twice": 0}
    handle = RTCRtpReceiver._handle_rtp_packet

    async def noting(receiver, packet, arrival_time_ms):
        codec = receiver._RTCRtpReceiver__codecs.get(packet.payload_type)
        if codec and codec.mimeType.lower() == "video/rtx":
            arrived["twice"] += 1
        elif codec and codec.mimeType.lower().startswith("video/") and packet.marker and not arrived["whole"]:
            arrived["whole"] = time.monotonic()
            arrived["event"].set()
        await handle(receiver, packet, arrival_time_ms)

    RTCRtpReceiver._handle_rtp_packet = noting
    for _ in range(JOINS + 1):
        arrived.update(whole=None, twice=0, event=asyncio.Event())
        peer = RTCPeerConnection()
        for kind in ("video", "audio"):
            peer.addTransceiver(kind, direction="recvonly")
        await peer.setLocalDescription(await peer.createOffer())
        began = time.monotonic()
        location, answer = await asyncio.to_thread(post, "POST", url, peer.localDescription.sdp.encode())
        await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        await asyncio.wait_for(arrived["event"].wait(), 10)
        await asyncio.sleep(0.3)
        yield 1000 * (arrived["whole"] - began), arrived["twice"]
        await asyncio.to_thread(post, "DELETE", url.split("/whep")[0] + location)
        await peer.close()


JOIN = """(async () => {
    const pc = new RTCPeerConnection();
    const encoded = new Worker(URL.createObjectURL(new Blob([`
      onrtctransform = async ({ transformer }) => {
        const reader = transformer.readable.getReader();
        const { value } = await reader.read();
        postMessage([performance.timeOrigin + performance.now(), value.type]);
        while (!(await reader.read()).done);
      };
    `])));
    const shown = new Promise((ready) => { encoded.onmessage = ({ data }) => ready(data); });
    for (const kind of ['video', 'audio']) {
      const { receiver } = pc.addTransceiver(kind, { direction: 'recvonly' });
      if (kind === 'video') receiver.transform = new RTCRtpScriptTransform(encoded);
    }
    await pc.setLocalDescription();
    const gathered = () => pc.iceGatheringState === 'complete';
    if (!gathered()) await new Promise((ready) => { pc.onicegatheringstatechange = () => gathered() && ready(); });
    const began = performance.timeOrigin + performance.now();
    const answer = await fetch(URL_, {
      method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: pc.localDescription.sdp,
    });
    await pc.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
    const [whole, type] = await shown;
    if (type !== 'key') throw new Error(`the first frame is of type ${type}`);
    await new Promise((ready) => setTimeout(ready, 300));
    let twice = 0;
    for (const one of (await pc.getStats()).values()) twice += one.retransmittedPacketsReceived ?? 0;
    await fetch(new URL(answer.headers.get('Location'), URL_), { method: 'DELETE' });
    pc.close();
    encoded.terminate();
    return [whole - began, twice];
})()"""


async def chromium_joins(url):
    import aiohttp

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
        command += ["--autoplay-policy=no-user-gesture-required", "--remote-debugging-port=0"]
        command += [f"--user-data-dir={profile}", "about:blank"]
        browser = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        try:
            host = next(found[1] for line in browser.stderr if (found := re.search(r"listening on ws://([^/]+)/", line)))
            threading.Thread(target=lambda: [None for _ in browser.stderr], daemon=True).start()
            async with aiohttp.ClientSession() as session:
                # A page of the server itself: others may not be asked from everywhere.
                page = url.split("/whep")[0] + "/health"
                target = await (await session.put(f"http://{host}/json/new?{page}")).json()
                socket = await session.ws_connect(target["webSocketDebuggerUrl"])
                await asyncio.sleep(1)
                for number in range(JOINS + 1):
                    expression = JOIN.replace("URL_", json.dumps(url))
                    params = {"expression": expression, "awaitPromise": True, "returnByValue": True}
                    await socket.send_json({"id": number, "method": "Runtime.evaluate", "params": params})
                    while (answer := json.loads((await asyncio.wait_for(socket.receive(), 20)).data)).get("id") != number:
                        pass
                    if "value" not in answer["result"]["result"]:
                        raise SystemExit(f"bench: {answer}")
                    yield tuple(answer["result"]["result"]["value"])
        finally:
            browser.terminate()
            browser.wait(10)


async def command_joins(command, url):
    for _ in range(JOINS):
        await asyncio.sleep(PAUSE)
        done = subprocess.run([*shlex.split(command), url], check=True, timeout=30, capture_output=True, text=True)
        first, twice = done.stdout.strip().splitlines()[-1].split()[:2]
        yield float(first), int(twice)


async def measure(name, joins, warms_up=False):
    """Prints the distribution of a client's joins."""
    times, twice = [], 0
    async for first, again in joins:
        times.append(first)
        twice += again
    warm_up = f"; not counted: {times.pop(0):.0f} ms at its own start" if warms_up else ""
    slow = [f"{first:.0f} ms at join {number}" for number, first in enumerate(times, 1) if first > AIM_MS]
    times.sort()
    within = sum(first <= AIM_MS for first in times)
    print(
        f"{name}: {times[0]:.0f} / {statistics.median(times):.0f} / {times[-1]:.0f} ms (least, median, most), "
        f"{within} of {len(times)} within {AIM_MS} ms; {twice} packets twice" + (f"; {', '.join(slow)}" if slow else "") + warm_up,
        flush=True,
    )


async def main(binary, others):
    with tempfile.TemporaryDirectory() as folder:
        media = clip(folder)
        with Lumencast(binary, os.path.join(folder, "server"), hls=False) as server:
            push = ["ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i", media, "-c", "copy", "-f", "flv"]
            with subprocess.Popen([*push, server.address(ROOM)], stdin=subprocess.DEVNULL) as publisher:
                try:
                    await asyncio.sleep(12)  # the first group is over
                    url = f"http://127.0.0.1:{server.http}/whep/live/{ROOM}"
                    for other in others:
                        name, command = other.split("=", 1)
                        await measure(name, command_joins(command, url))
                    await measure("aiortc", aiortc_joins(url), warms_up=True)
                    await measure("Chromium", chromium_joins(url), warms_up=True)
                finally:
                    publisher.terminate()


asyncio.run(main(sys.argv[1], sys.argv[2:]))
