"""What loads the servers: publishers that send a clip made beforehand, and audiences in processes of their own."""

import json
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
CLIP_SECONDS = 20
BITS_PER_SECOND = 2_000_000


def make_clip(path):
    """720p30 H.264 with a key frame every 2 s and AAC, together 2 Mb/s; gives the bit rate it came out at."""
    sources = ["-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30", "-f", "lavfi", "-i", "sine=frequency=440"]
    # The rate is filled up to be constant, whatever the picture needs.
    picture = "-c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p -g 60 -keyint_min 60 -sc_threshold 0"
    rate = "-b:v 1860k -minrate 1860k -maxrate 1860k -bufsize 1860k -x264-params nal-hrd=cbr"
    sound = "-c:a aac -b:a 128k -ar 48000 -ac 2"
    options = f"{picture} {rate} {sound} -t {CLIP_SECONDS} -f flv".split()
    subprocess.run(["ffmpeg", "-v", "error", "-y", *sources, *options, path], check=True, timeout=300)
    return os.path.getsize(path) * 8 / CLIP_SECONDS


class Publishers:
    """One ffmpeg for each address, which sends the clip over and over in real time without touching it."""

    def __init__(self, clip, addresses):
        command = ["ffmpeg", "-v", "error", "-nostdin", "-re", "-stream_loop", "-1", "-i", clip]
        command += ["-c", "copy", "-f", "flv"]
        self.processes = []
        for address in addresses:
            self.processes.append(subprocess.Popen([*command, address], stdin=subprocess.DEVNULL))
            # Key frames of all streams in the same millisecond would be no picture of life.
            time.sleep(0.13)

    def read_bytes(self):
        """What all of them took from the clip so far, which runs ahead of what they sent by a buffer at most."""
        total = 0
        for process in self.processes:
            if process.poll() is not None:
                raise SystemExit("bench: a publisher ended early")
            with open(f"/proc/{process.pid}/io") as figures:
                total += int(figures.readline().split()[1])
        return total

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait()


class Audience:
    """A process with many readers, which tells how much they got."""

    def __init__(self, script, *arguments):
        command = [sys.executable, os.path.join(HERE, script), *map(str, arguments)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def got(self):
        """The figures as of now."""
        try:
            print(file=self.process.stdin, flush=True)
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise SystemExit("bench: the audience left")
        return json.loads(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.process.stdin.close()
            self.process.wait(10)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
