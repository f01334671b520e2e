"""A WHIP publisher and a WHEP viewer on aiortc.

peer.py watch URL FILE SECONDS    records what it sees into FILE
peer.py publish URL FILE SECONDS  sends FILE's picture and sound, coded anew
"""

import asyncio
import sys
import time
import urllib.request

from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaPlayer, MediaRecorder


def request(method, url, body=None):
    headers = {"Content-Type": "application/sdp"}
    asked = urllib.request.Request(url, data=body, headers=headers, method=method)
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return answer.status, answer.headers, answer.read().decode()


async def main(what, url, file, seconds):
    peer = RTCPeerConnection()
    connected = asyncio.Event()

    @peer.on("connectionstatechange")
    def changed():
        if peer.connectionState == "connected":
            connected.set()

    recorder = None
    if what == "watch":
        recorder = MediaRecorder(file)
        for kind in ("video", "audio"):
            peer.addTransceiver(kind, direction="recvonly")
    else:
        player = MediaPlayer(file)
        for track in (player.video, player.audio):
            peer.addTransceiver(track, direction="sendonly")
    await peer.setLocalDescription(await peer.createOffer())
    posted = time.monotonic()
    post = (request, "POST", url, peer.localDescription.sdp.encode())
    status, headers, answer = await asyncio.to_thread(*post)
    assert status == 201, status
    await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    await asyncio.wait_for(connected.wait(), 10)
    print(f"connected {time.monotonic() - posted:.3f}", flush=True)
    if recorder:
        recorder.addTrack(peer.getTransceivers()[0].receiver.track)
        await recorder.start()
    await asyncio.sleep(seconds)
    if recorder:
        await recorder.stop()
    origin = url.split("/wh")[0]
    status, _, _ = await asyncio.to_thread(request, "DELETE", origin + headers["Location"])
    assert status == 200, status
    await peer.close()
    print("done", flush=True)


asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])))
