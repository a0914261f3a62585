"""Pictures at the door: whatever is sent is decoded within bounds and written anew, so that nothing else travels with it.

Re-encoding drops metadata and position, trailing data (polyglots) and animation; the picture is turned upright first,
because its orientation is metadata too.
"""

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps

from mvoting.core.problems import Problem

UPLOAD_LIMIT_BYTES = 10 * 1024 * 1024
PIXELS_LIMIT = 40_000_000
SIDE_MAX = 1600
THUMBNAIL_SIDE = 320
QUALITY = 82
FORMATS = ("JPEG", "PNG", "WEBP")


class PictureRefused(Problem):
    code, status = "core.picture-refused", 422
    ko = "이 파일은 사진으로 쓸 수 없습니다. 10MB 이하의 JPEG, PNG, WebP 사진을 올려 주세요."
    en = "This file cannot be used as a picture. Send a JPEG, PNG or WebP of at most 10 MB."


@dataclass(frozen=True)
class Picture:
    """A clean picture as WebP with its small version."""

    data: bytes
    thumbnail: bytes
    width: int
    height: int


def clean_picture(upload: bytes) -> Picture:
    """Decode an upload and write it anew, at most `SIDE_MAX` pixels a side.

    Raises: PictureRefused (core.picture-refused, 422) for wrong types, bombs, broken and empty files.
    """
    if not upload or len(upload) > UPLOAD_LIMIT_BYTES:
        raise PictureRefused
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(upload), formats=FORMATS) as opened:
                if opened.width * opened.height > PIXELS_LIMIT:  # before a single pixel is decoded
                    raise PictureRefused
                opened.draft("RGB", (SIDE_MAX, SIDE_MAX))
                upright = ImageOps.exif_transpose(opened)
                upright.thumbnail((SIDE_MAX, SIDE_MAX), Image.Resampling.LANCZOS)
                image = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except PictureRefused:
        raise
    except Exception:  # decoders raise almost anything for what they cannot read
        raise PictureRefused from None
    small = image.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
    return Picture(_encoded(image), _encoded(small), image.width, image.height)


def _encoded(image: Image.Image) -> bytes:
    # A new image of the bare pixels: what Pillow carries along in `info` (EXIF, XMP, colour profile) stays behind.
    bare = Image.new(image.mode, image.size)
    bare.paste(image)
    buffer = io.BytesIO()
    bare.save(buffer, "WEBP", quality=QUALITY, method=4)
    return buffer.getvalue()
