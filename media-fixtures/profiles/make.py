#!/usr/bin/env python3
"""Makes the pictures of this folder: each in the colours of its own profile (NAME.jpg, .png, .webp), and what Pillow's
ImageCms (LittleCMS) makes of it in sRGB (NAME.srgb.png). Needs Pillow and numpy; see README.md."""

import colorsys
import io
import struct
from pathlib import Path

import numpy
from PIL import Image, ImageCms

HERE = Path(__file__).parent
WIDTH, HEIGHT = 96, 64
# From xy of primaries and a white of D65, adapted to D50 by Bradford: columns of red, green, blue as XYZ.
BRADFORD = numpy.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
D50 = numpy.array([0.9642, 1.0, 0.8249])
D65 = numpy.array([0.3127 / 0.3290, 1.0, (1 - 0.3127 - 0.3290) / 0.3290])
SRGB = [(0.64, 0.33), (0.30, 0.60), (0.15, 0.06)]
DISPLAY_P3 = [(0.680, 0.320), (0.265, 0.690), (0.150, 0.060)]
ADOBE = [(0.64, 0.33), (0.21, 0.71), (0.15, 0.06)]
PROPHOTO = [(0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)]


def colorants(primaries, white=D65):
    xyz = numpy.array([[x / y, 1.0, (1 - x - y) / y] for x, y in primaries]).T
    scaled = xyz * numpy.linalg.solve(xyz, white)
    cone = numpy.diag((BRADFORD @ D50) / (BRADFORD @ white))
    return numpy.linalg.inv(BRADFORD) @ cone @ BRADFORD @ scaled


def fixed(value):
    return struct.pack(">i", round(value * 65536))


def xyz_tag(values):
    return b"XYZ \0\0\0\0" + b"".join(fixed(value) for value in values)


def gamma_tag(gamma):
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"


def table_tag(function, count=1024):
    values = [round(65535 * function(at / (count - 1))) for at in range(count)]
    return b"curv\0\0\0\0" + struct.pack(f">I{count}H", count, *values)


def srgb_tag():
    return b"para\0\0\0\0" + struct.pack(">HH", 3, 0) + b"".join(fixed(v) for v in (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))


def text_tags(name, version):
    if version == 4:
        text = name.encode("utf-16-be")
        notice = b"mluc\0\0\0\0" + struct.pack(">II", 1, 12) + b"enUS" + struct.pack(">II", len(text), 28) + text
        return {b"desc": notice, b"cprt": notice}
    text = name.encode() + b"\0"
    desc = b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(4 + 4 + 2 + 1 + 67)
    return {b"desc": desc, b"cprt": b"text\0\0\0\0" + text}


def profile(name, space, tags, version=2, kind=b"mntr", pcs=b"XYZ "):
    tags = {**text_tags(name, version), b"wtpt": xyz_tag(D50), **tags}
    at = 128 + 4 + 12 * len(tags)
    table, bodies = b"", b""
    for sign, body in tags.items():
        table += sign + struct.pack(">II", at + len(bodies), len(body))
        bodies += body + bytes(-len(body) % 4)
    head = struct.pack(">I4sI4s4s4s6H4s4sIIIQI", at + len(bodies), b"\0\0\0\0", version << 24, kind, space, pcs,
                       2026, 1, 1, 0, 0, 0, b"acsp", b"\0\0\0\0", 0, 0, 0, 0, 0)
    head += xyz_tag(D50)[8:] + bytes(128 - len(head) - 12)
    return head + struct.pack(">I", len(tags)) + table + bodies


def matrix(name, primaries, curve, version=2, white=D65):
    red, green, blue = colorants(primaries, white).T
    tags = {b"rXYZ": xyz_tag(red), b"gXYZ": xyz_tag(green), b"bXYZ": xyz_tag(blue)}
    return profile(name, b"RGB ", {**tags, b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}, version)


def grey(name, curve):
    return profile(name, b"GRAY", {b"kTRC": curve})


def lab(xyz):
    t = xyz / D50
    f = numpy.where(t > 216 / 24389, numpy.cbrt(t), (24389 / 27 * t + 16) / 116)
    return numpy.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def inks(name, steps=7):
    """A printer with a table: light goes through cyan, magenta, yellow and black, none of which is pure."""
    paper, bodies = numpy.array([0.92, 0.91, 0.86]), []
    passes = numpy.array([[0.10, 0.55, 0.80], [0.75, 0.12, 0.35], [0.95, 0.85, 0.08], [0.06, 0.06, 0.06]])
    to_xyz, grid = colorants(SRGB), numpy.linspace(0, 1, steps)
    for c in grid:
        for m in grid:
            for y in grid:
                for k in grid:
                    light = paper.copy()
                    for amount, ink in zip((c, m, y, k), passes):
                        light *= (1 - amount) + amount * ink
                    # Relative to the paper, as media-relative colorimetry has it.
                    lightness, a, b = lab(to_xyz @ (light / paper))
                    # The encoding of Lab in lut16 of version 2 (ICC.1 6.3.4.2): 100 is 0xff00, 0 is 0x8000.
                    bodies += [lightness * 652.8, (a + 128) * 256, (b + 128) * 256]
    values = numpy.clip(numpy.round(bodies), 0, 65535).astype(">u2").tobytes()
    identity = b"".join(fixed(v) for v in (1, 0, 0, 0, 1, 0, 0, 0, 1))
    table = b"mft2\0\0\0\0" + bytes([4, 3, steps, 0]) + identity + struct.pack(">HH", 2, 2)
    table += struct.pack(">2H", 0, 65535) * 4 + values + struct.pack(">2H", 0, 65535) * 3
    return profile(name, b"CMYK", {b"A2B0": table}, kind=b"prtr", pcs=b"Lab ")


def chart():
    """All hues from pale to full over a ramp of greys."""
    picture = Image.new("RGB", (WIDTH, HEIGHT))
    for y in range(HEIGHT):
        for x in range(WIDTH):
            if y >= HEIGHT - 16:
                colour = (x / (WIDTH - 1),) * 3
            else:
                down = y / (HEIGHT - 17)
                colour = colorsys.hsv_to_rgb(x / WIDTH, min(1, 2 * down), min(1, 2 - 1.7 * down))
            picture.putpixel((x, y), tuple(round(255 * value) for value in colour))
    return picture


def keep(name, picture, icc, ending, **options):
    file = HERE / f"{name}.{ending}"
    picture.save(file, icc_profile=icc, **options)
    read = Image.open(file)
    # LittleCMS takes neither palettes nor opacity.
    colours = read.convert("RGB") if read.mode in ("P", "RGBA") else read
    srgb = ImageCms.profileToProfile(colours, ImageCms.ImageCmsProfile(io.BytesIO(icc)), ImageCms.createProfile("sRGB"),
                                     renderingIntent=ImageCms.Intent.PERCEPTUAL, outputMode="RGB")
    srgb.save(HERE / f"{name}.srgb.png", optimize=True)


def main():
    def srgb_curve(v):
        return v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4

    p3 = matrix("Display P3 (made)", DISPLAY_P3, srgb_tag(), version=4)
    p3_table = matrix("Display P3 by a table (made)", DISPLAY_P3, table_tag(srgb_curve))
    adobe = matrix("Adobe RGB compatible (made)", ADOBE, gamma_tag(563 / 256))
    # ProPhoto's own white is D50, so nothing is adapted.
    prophoto = matrix("ProPhoto compatible (made)", PROPHOTO, gamma_tag(1.8), white=D50)
    picture, jpeg = chart(), {"quality": 92, "subsampling": 0}
    keep("display-p3", picture, p3, "jpg", **jpeg)
    keep("display-p3-table", picture, p3_table, "webp", lossless=True)
    keep("adobe-rgb", picture, adobe, "jpg", **jpeg)
    keep("adobe-rgb-palette", picture.quantize(64, dither=Image.Dither.NONE), adobe, "png",
         optimize=True)
    keep("prophoto", picture, prophoto, "png", optimize=True)
    keep("grey-gamma-1.8", picture.convert("L"), grey("Grey, gamma 1.8 (made)", gamma_tag(1.8)), "jpg", quality=92)
    keep("srgb", picture, matrix("sRGB (made)", SRGB, table_tag(srgb_curve)), "jpg", **jpeg)
    keep("inks", picture.convert("CMYK"), inks("Four inks (made)"), "jpg", **jpeg)


if __name__ == "__main__":
    main()
