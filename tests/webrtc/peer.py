"""A WHIP publisher and a WHEP viewer on aiortc.

peer.py watch URL FILE SECONDS    records what it sees into FILE
peer.py listen URL FILE SECONDS   records what it hears into FILE, a WAV
peer.py publish URL FILE SECONDS  sends FILE's picture and sound, or what there is of them, coded anew
"""

import asyncio
import sys
import time
import urllib.request
import wave
from fractions import Fraction

import av
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaPlayer


def request(method, url, body=None):
    headers = {"Content-Type": "application/sdp"}
    asked = urllib.request.Request(url, data=body, headers=headers, method=method)
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return answer.status, answer.headers, answer.read().decode()


async def record(track, file, seconds):
    """Each frame once, 30 a second whatever their times are: a newcomer gets the past in a hurry."""
    with av.open(file, "w") as container:
        stream = None
        until = time.monotonic() + seconds
        count = 0
        while time.monotonic() < until:
            frame = await asyncio.wait_for(track.recv(), 10)
            if stream is None:
                stream = container.add_stream("libx264", rate=30, options={"preset": "ultrafast"})
                stream.width, stream.height = frame.width, frame.height
            frame.pts, frame.time_base = count, Fraction(1, 30)
            frame.pict_type = av.video.frame.PictureType.NONE
            container.mux(stream.encode(frame))
            count += 1
        container.mux(stream.encode(None))


async def record_sound(track, file, seconds):
    """As many seconds of sound as are asked for, from when they come."""
    with wave.open(file, "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(48000)
        resampler = av.AudioResampler("s16", "stereo", 48000)
        missing = int(48000 * seconds)
        while missing > 0:
            for frame in resampler.resample(await asyncio.wait_for(track.recv(), 10)):
                out.writeframes(bytes(frame.planes[0])[: 4 * frame.samples])
                missing -= frame.samples


async def main(what, url, file, seconds):
    peer = RTCPeerConnection()
    connected = asyncio.Event()

    @peer.on("connectionstatechange")
    def changed():
        if peer.connectionState == "connected":
            connected.set()

    kinds = {"watch": ("video", "audio"), "listen": ("audio",)}.get(what)
    if kinds:
        for kind in kinds:
            peer.addTransceiver(kind, direction="recvonly")
    else:
        player = MediaPlayer(file)
        for track in filter(None, (player.video, player.audio)):
            peer.addTransceiver(track, direction="sendonly")
    await peer.setLocalDescription(await peer.createOffer())
    posted = time.monotonic()
    post = (request, "POST", url, peer.localDescription.sdp.encode())
    status, headers, answer = await asyncio.to_thread(*post)
    assert status == 201, status
    await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    await asyncio.wait_for(connected.wait(), 10)
    print(f"connected {time.monotonic() - posted:.3f}", flush=True)
    if what == "watch":
        await record(peer.getTransceivers()[0].receiver.track, file, seconds)
    elif what == "listen":
        await record_sound(peer.getTransceivers()[0].receiver.track, file, seconds)
    else:
        await asyncio.sleep(seconds)
    origin = url.split("/wh")[0]
    status, _, _ = await asyncio.to_thread(request, "DELETE", origin + headers["Location"])
    assert status == 200, status
    await peer.close()
    print("done", flush=True)


asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])))
