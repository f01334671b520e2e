"""A service with the images-edit API: paints what the mask leaves open, and answers in JSON.

Arguments: port, the model it knows, the key it takes. Forms are read by Werkzeug, pictures by FFmpeg (PyAV), so that neither
is read by what wrote it.
"""

import base64
import io
import json
import sys
from fractions import Fraction

import av
from werkzeug.serving import run_simple
from werkzeug.wrappers import Request, Response

PAINT = bytes((200, 0, 200))
PORT, MODEL, KEY = int(sys.argv[1]), sys.argv[2], sys.argv[3]


def read(file, form):
    """Width, height and rows of a picture, in a pixel format."""
    with av.open(io.BytesIO(file.read())) as container:
        frame = next(container.decode(video=0)).reformat(format=form)
    plane = frame.planes[0]
    data, step = bytes(plane), plane.line_size
    length = frame.width * (4 if form == "rgba" else 3)
    return frame.width, frame.height, [bytearray(data[y * step : y * step + length]) for y in range(frame.height)]


def png(width, height, rows):
    frame = av.VideoFrame(width, height, "rgb24")
    plane = frame.planes[0]
    plane.update(b"".join(bytes(row).ljust(plane.line_size, b"\0") for row in rows))
    encoder = av.CodecContext.create("png", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "rgb24"
    encoder.time_base = Fraction(1)
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


def refused(status, message):
    body = {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}
    return Response(json.dumps(body), status, content_type="application/json")


@Request.application
def service(request):
    if request.path != "/v1/images/edits" or request.method != "POST":
        return refused(404, "Unknown request URL.")
    if request.headers.get("Authorization") != f"Bearer {KEY}":
        return refused(401, "Incorrect API key provided.")
    if request.form.get("model") != MODEL:
        return refused(400, "The model does not exist.")
    if "image" not in request.files or not request.form.get("prompt"):
        return refused(400, "Missing required parameter: 'image' or 'prompt'.")
    if "forbidden" in request.form["prompt"]:
        return refused(400, "Your request was rejected by the safety system.")
    width, height, rows = read(request.files["image"], "rgb24")
    if "mask" in request.files:
        *size, open_rows = read(request.files["mask"], "rgba")
        if size != [width, height]:
            return refused(400, "Invalid mask image: it must have the size of the image.")
    else:
        open_rows = [bytes(4 * width)] * height
    for row, opened in zip(rows, open_rows):
        for x in range(width):
            if opened[4 * x + 3] < 128:
                row[3 * x : 3 * x + 3] = PAINT
    picture = base64.b64encode(png(width, height, rows)).decode()
    return Response(json.dumps({"created": 1, "data": [{"b64_json": picture}]}), content_type="application/json")


run_simple("127.0.0.1", PORT, service, threaded=True)
