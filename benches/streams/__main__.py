"""What RTMP streams and their audiences cost our server and nginx with its RTMP module, in one run.

    python3 benches/streams LUMENCAST NGINX

Both arguments are programs. Only the processor time of the servers counts (/proc/PID/stat, all threads), never that of
publishers and readers, and what a server takes without the load in question is taken off. Environment: BENCH_STREAMS
(10), BENCH_READERS (100), BENCH_SECONDS (20).
"""

import os
import signal
import sys
import tempfile
import time

import load
import servers

STREAMS = int(os.environ.get("BENCH_STREAMS", 10))
READERS = int(os.environ.get("BENCH_READERS", 100))
SECONDS = float(os.environ.get("BENCH_SECONDS", 20))
# Time for caches, queues and connections to settle before each measurement.
SETTLE = 6
AIM_STREAM, AIM_READER = 0.5, 0.03


def verdict(value, aim):
    if value is None:
        return "not measured"
    return "met" if value <= aim else f"missed, {value / aim:.1f} times as much"


def is_whole(rate):
    """Whether so many bits per second are all of the clip; less says that the machine could not follow."""
    return rate > 0.9 * load.BITS_PER_SECOND


def unwatched(ours, nginx, clip):
    """Streams that nobody watches, on both servers over the same seconds."""
    both = [ours, nginx]
    time.sleep(SETTLE)
    idle = servers.percent_of_a_core(both, SECONDS)
    addresses = [server.address(f"bench{number}") for number in range(STREAMS) for server in both]
    with load.Publishers(clip, addresses) as publishers:
        time.sleep(SETTLE)
        before, began = publishers.read_bytes(), time.monotonic()
        loaded = servers.percent_of_a_core(both, SECONDS)
        rate = (publishers.read_bytes() - before) * 8 / (time.monotonic() - began) / len(addresses)
    print(f"\n{STREAMS} streams that nobody watches, on each server, {SECONDS:.0f} s; percent of a core")
    print(f"  {'':28} {'idle':>8} {'loaded':>8} {'a stream':>10}")
    each = [(now - before) / STREAMS for now, before in zip(loaded, idle)]
    for name, before, now, one in zip(("lumencast", "nginx-rtmp"), idle, loaded, each):
        print(f"  {name:28} {before:8.2f} {now:8.2f} {one:10.3f}")
    print(f"  each publisher sent {rate / 1e6:.2f} Mb/s")
    own = each[0] if is_whole(rate) else None
    print(f"  aim for lumencast: at most {AIM_STREAM} a stream: {verdict(own, AIM_STREAM)}", flush=True)


def fan_out(name, server, script, *arguments):
    """What one reader more costs: with one reader, then with so many more, and what they got. `arguments` are those of
    the script, with None where the number of readers goes."""

    def audience(readers):
        return load.Audience(script, *(readers if argument is None else argument for argument in arguments))

    with audience(1) as one:
        time.sleep(SETTLE)
        one.got()
        [alone] = servers.percent_of_a_core([server], SECONDS)
        with audience(READERS) as many:
            time.sleep(SETTLE)
            before, began = many.got(), time.monotonic()
            [crowded] = servers.percent_of_a_core([server], SECONDS)
            after, passed = many.got(), time.monotonic() - began
    each = {key: (after[key] - before[key]) / passed / READERS for key in after}
    reader = (crowded - alone) / READERS
    rate = each["bytes"] * 8
    requests = f"{each['requests']:9.1f}" if "requests" in each else ""
    print(f"  {name:28} {alone:8.2f} {crowded:8.2f} {reader:10.4f} {rate / 1e6:8.2f} {requests}", flush=True)
    if is_whole(rate):
        return reader
    print(f"  {'':28} the readers did not get all of the stream: this figure is not valid", flush=True)
    return None


def watched(ours, nginx, clip):
    """One stream that many read, on one server after the other."""
    print(f"\n{READERS} more readers of one stream, {SECONDS:.0f} s; percent of a core; what each got in a second")
    print(f"  {'':28} {'with 1':>8} {'crowded':>8} {'a reader':>10} {'Mb':>8} {'requests':>9}")
    with load.Publishers(clip, [nginx.address("watched")]):
        time.sleep(SETTLE)
        fan_out("nginx-rtmp, RTMP", nginx, "rtmp_players.py", nginx.rtmp, "live", "watched", None)
    found = {}
    with load.Publishers(clip, [ours.address("watched")]):
        time.sleep(SETTLE)
        for mode in ("segments", "low-latency"):
            path = "/hls/live/watched/master.m3u8"
            found[mode] = fan_out(f"lumencast, HLS {mode}", ours, "hls_readers.py", ours.http, path, None, mode)
    for mode, reader in found.items():
        print(f"  aim for lumencast, HLS {mode}: at most {AIM_READER} a reader: {verdict(reader, AIM_READER)}")


def main():
    # What was started is ended then as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    lumencast, nginx = sys.argv[1:3]
    with tempfile.TemporaryDirectory(prefix="lumencast-bench-") as folder:
        clip = f"{folder}/clip.flv"
        rate = load.make_clip(clip)
        print(f"clip: 1280x720, 30 frames/s, H.264 and AAC, {rate / 1e6:.2f} Mb/s")
        print(f"machine: {os.cpu_count()} cores, 1-minute load {os.getloadavg()[0]:.1f} before the benchmark")
        with servers.Nginx(nginx, f"{folder}/nginx") as peer:
            with servers.Lumencast(lumencast, f"{folder}/unwatched", hls=False) as ours:
                unwatched(ours, peer, clip)
            with servers.Lumencast(lumencast, f"{folder}/watched", hls=True) as ours:
                watched(ours, peer, clip)


main()
