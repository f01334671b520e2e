"""The servers that are measured, on loopback ports that are free, and what they take of the processor.

Both run as processes of the benchmark, with everything they write in its temporary folder.
"""

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request

TICKS = os.sysconf("SC_CLK_TCK")
NGINX_MODULE = "/usr/lib/nginx/modules/ngx_rtmp_module.so"


def free_port():
    """A port that nobody listens on, if possible below those of outgoing connections: so it stays free until used."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as bounds:
        lowest = int(bounds.read().split()[0])
    for port in (*range(lowest - 1, 1024, -1), *range(65535, lowest - 1, -1)):
        if port in free_port.given:
            continue
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            try:
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
        free_port.given.add(port)
        return port
    raise SystemExit("bench: there is no free port")


free_port.given = set()


def cpu_seconds(pid):
    """User and system time of all threads of a process since it began."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def percent_of_a_core(servers, seconds):
    """What each server takes of one core, in percent, over the same so many seconds from now."""
    began, used = time.monotonic(), [cpu_seconds(server.pid) for server in servers]
    time.sleep(seconds)
    passed = time.monotonic() - began
    return [100 * (cpu_seconds(server.pid) - before) / passed for server, before in zip(servers, used)]


def wait_for_port(port, process, log, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    with open(log, errors="replace") as text:
        raise SystemExit(f"bench: nobody answers on port {port}:\n{text.read()[-2000:]}")


class Server:
    """A process that takes RTMP; ended when the block that uses it ends."""

    def start(self, command, folder, port):
        self.log = os.path.join(folder, "log")
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder)
        self.pid = self.process.pid
        try:
            wait_for_port(port, self.process, self.log)
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Lumencast(Server):
    """Our server. Publishing streams as HLS publishes program too, which is made small for that."""

    def __init__(self, binary, folder, hls):
        os.makedirs(f"{folder}/data")
        self.http, self.rtmp, livewing, webrtc, srt = (free_port() for _ in range(5))
        settings = f"""
            data_dir = "{folder}/data"
            log.level = "warn"
            http.listen = "127.0.0.1:{self.http}"
            rtmp.listen = "127.0.0.1:{self.rtmp}"
            rtmp.max_connections = 1000
            livewing.listen = "127.0.0.1:{livewing}"
            webrtc.udp = "127.0.0.1:{webrtc}"
            webrtc.tcp = "127.0.0.1:{webrtc}"
            srt.listen = "127.0.0.1:{srt}"
            hls.enabled = {str(hls).lower()}
            project.width = 320
            project.height = 180
            project.fps = 10
            encode.preset = "ultrafast"
            encode.bitrate_kbps = 100
        """
        with open(f"{folder}/lumencast.toml", "w") as file:
            file.write(settings)
        arguments = [binary, "key", "create", "--plane", "streamhub", "--label", "bench", "--data", f"{folder}/data"]
        self.key = subprocess.run(arguments, check=True, timeout=60, capture_output=True, text=True).stdout.split()[-1]
        self.start([binary, "serve", "--config", f"{folder}/lumencast.toml"], folder, self.http)

    def address(self, name):
        """Makes an ingress for a room of this name and gives the address to push to."""
        wanted = {"inputType": "rtmp", "room": name, "participantIdentity": "camera"}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.http}/api/v1/apps/live/ingress",
            json.dumps(wanted).encode(),
            {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                key = json.load(answer)["data"]["streamKey"]
        except urllib.error.HTTPError as error:
            raise SystemExit(f"bench: no ingress: {error} {error.read()[:500]}") from error
        return f"rtmp://127.0.0.1:{self.rtmp}/live/{key}"


class Nginx(Server):
    """nginx with its RTMP module, as one process."""

    def __init__(self, binary, folder):
        os.makedirs(folder)
        self.rtmp = free_port()
        settings = f"""
            load_module {NGINX_MODULE};
            daemon off; master_process off; worker_processes 1;
            pid {folder}/pid;
            error_log stderr error;
            events {{ worker_connections 2048; }}
            rtmp {{
                access_log off;
                server {{
                    listen 127.0.0.1:{self.rtmp};
                    application live {{ live on; }}
                }}
            }}
        """
        with open(f"{folder}/nginx.conf", "w") as file:
            file.write(settings)
        self.start([binary, "-p", folder, "-e", "stderr", "-c", f"{folder}/nginx.conf"], folder, self.rtmp)

    def address(self, name):
        """The address to push to and to play from."""
        return f"rtmp://127.0.0.1:{self.rtmp}/live/{name}"
