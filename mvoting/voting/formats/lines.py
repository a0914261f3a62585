"""Files as numbered lines of text, streamed: gzip, byte-order marks, UTF-8 or CP949, and limits on length."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from mvoting.voting.formats.election import FormatError

MAX_LINE_BYTES = 1_048_576
MAX_FILE_BYTES = 1_073_741_824
"""After decompression, so that a small bomb does not run for hours."""
MAX_LINES = 20_000_000

Line = tuple[int, str]


def open_lines(path: Path) -> Iterator[Line]:
    """Stream a file's lines, numbered from 1, without their ends.

    Raises: FormatError for a broken archive, an over-long line or file, a line in neither UTF-8 nor CP949.
    """
    with path.open("rb") as stream:
        yield from read_lines(stream)


def read_lines(stream: BinaryIO) -> Iterator[Line]:
    """Stream the lines of an open binary stream, gzip or plain."""
    is_gzip = stream.read(2) == b"\x1f\x8b"
    stream.seek(0)
    source = gzip.GzipFile(fileobj=stream) if is_gzip else stream
    number, size = 0, 0
    while True:
        try:
            raw = source.readline(MAX_LINE_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise FormatError(number, "압축 파일이 손상되었습니다.", "The gzip file is damaged.") from error
        if not raw:
            return
        number, size = number + 1, size + len(raw)
        if len(raw) > MAX_LINE_BYTES:
            raise FormatError(number, "한 줄이 너무 깁니다.", "The line is too long.")
        if size > MAX_FILE_BYTES or number > MAX_LINES:
            raise FormatError(number, "파일이 너무 큽니다.", "The file is too large.")
        yield number, _decode(number, raw.rstrip(b"\r\n"))


def _decode(number: int, raw: bytes) -> str:
    if number == 1:
        raw = raw.removeprefix(b"\xef\xbb\xbf")
    if b"\0" in raw:
        raise FormatError(number, "텍스트 파일이 아닙니다.", "This is not a text file.")
    for encoding in ("utf-8", "cp949"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FormatError(number, "글자를 UTF-8이나 CP949로 읽을 수 없습니다.", "The text is neither UTF-8 nor CP949.")
