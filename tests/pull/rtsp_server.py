"""An RTSP server with one clip: rtsp_server.py PORT CLIP udp|tcp|both SOUND, at rtsp://127.0.0.1:PORT/clip."""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

port, clip, lower, sound = sys.argv[1:]
Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service(port)
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(
    f'( filesrc location="{clip}" ! qtdemux name=d '
    "d.video_0 ! queue ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=1 "
    f"d.audio_0 ! queue ! {sound} name=pay1 pt=97 )"
)
protocols = {
    "udp": GstRtsp.RTSPLowerTrans.UDP,
    "tcp": GstRtsp.RTSPLowerTrans.TCP,
    "both": GstRtsp.RTSPLowerTrans.UDP | GstRtsp.RTSPLowerTrans.TCP,
}
factory.set_protocols(protocols[lower])
server.get_mount_points().add_factory("/clip", factory)
server.attach(None)
GLib.MainLoop().run()
