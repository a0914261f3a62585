"""Pictures: what is not one is refused, and nothing but pixels comes through."""

import io
import struct
import zlib

import pytest
from PIL import Image

from mvoting.core.images import SIDE_MAX, PictureRefused, clean_picture


def encoded(image, kind="JPEG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def position_exif():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90°
    exif[0x010E] = "PLANTED description"
    exif.get_ifd(0x8825).update({1: "N", 2: (37.0, 33.0, 59.0), 3: "E", 4: (126.0, 58.0, 40.0)})
    return exif


def png_bomb():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1_000_000)) + chunk(b"IEND", b"")


def test_position_and_description_are_gone_and_the_picture_is_upright():
    picture = clean_picture(encoded(Image.new("RGB", (400, 200), "teal"), exif=position_exif()))
    assert (picture.width, picture.height) == (200, 400)
    for data in (picture.data, picture.thumbnail):
        again = Image.open(io.BytesIO(data))
        assert again.format == "WEBP"
        assert not again.getexif()
        assert b"PLANTED" not in data
        assert b"EXIF" not in data
    assert max(Image.open(io.BytesIO(picture.thumbnail)).size) == 320


def test_trailing_data_of_a_polyglot_is_gone():
    upload = encoded(Image.new("RGB", (50, 50)), "PNG") + b"<script>PLANTED</script>"
    assert b"PLANTED" not in clean_picture(upload).data


def test_large_pictures_shrink_and_transparency_stays():
    picture = clean_picture(encoded(Image.new("RGBA", (4000, 1000), (1, 2, 3, 0)), "PNG"))
    assert (picture.width, picture.height) == (SIDE_MAX, SIDE_MAX // 4)
    assert Image.open(io.BytesIO(picture.data)).mode == "RGBA"


def test_an_animation_becomes_its_first_picture():
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    upload = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    assert Image.open(io.BytesIO(clean_picture(upload).data)).n_frames == 1


@pytest.mark.parametrize(
    "upload",
    [
        b"",
        b"not a picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
        encoded(Image.new("RGB", (9, 9)), "GIF"),
        encoded(Image.new("RGB", (9, 9)), "TIFF"),
        encoded(Image.new("RGB", (300, 300)))[:400],
        b"\xff\xd8\xff\xe0" + b"\0" * 100,
        png_bomb(),
        b"\0" * (10 * 1024 * 1024 + 1),
    ],
    ids=["empty", "text", "svg", "gif", "tiff", "cut off", "jpeg head", "bomb", "too large"],
)
def test_refused(upload):
    with pytest.raises(PictureRefused):
        clean_picture(upload)
