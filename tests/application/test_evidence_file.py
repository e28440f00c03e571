"""What an upload is, by its first bytes: honest files pass, a signature with a page of HTML behind it does not."""

import struct
import zlib
from io import BytesIO

import pytest

from casework.application.evidence_file import EXTENSIONS, FalseType, media_type_of
from tests.api.fix_first_school import PNG

HTML = b"<html><script>alert(1)</script></html>"
SIGNATURE = b"\x89PNG\r\n\x1a\n"
COMMENT = b"\xff\xfe\x00\x07hello"
FRAME = b"\xff\xc0\x00\x0b\x08\x00\x01\x00\x01\x01\x01\x11\x00"


def ihdr(content: bytes = struct.pack(">IIBBBBB", 1, 1, 8, 6, 0, 0, 0), crc: int | None = None) -> bytes:
    found = zlib.crc32(b"IHDR" + content) if crc is None else crc
    return struct.pack(">I", len(content)) + b"IHDR" + content + struct.pack(">I", found)


def webp(chunk: bytes = b"VP8L", content: bytes = b"\x2f\x00\x00\x00\x00\x00", size: int | None = None) -> bytes:
    body = b"WEBP" + chunk + struct.pack("<I", len(content)) + content
    return b"RIFF" + struct.pack("<I", len(body) if size is None else size) + body


HONEST = [
    ("image/png", PNG),
    ("image/png", SIGNATURE + ihdr()),
    ("image/jpeg", b"\xff\xd8" + COMMENT + b"\xff\xd9"),
    ("image/jpeg", b"\xff\xd8" + FRAME + b"\xff\xd9"),
    ("image/jpeg", b"\xff\xd8\xff\xff" + COMMENT + b"\xff\xd9"),
    ("image/jpeg", b"\xff\xd8\xff\xe1\xff\xff" + bytes(0xFFFD) + FRAME),
    ("image/webp", webp()),
    ("image/webp", webp(b"VP8 ")),
    ("image/webp", webp(b"VP8X") + b"trailing"),
    ("application/pdf", b"%PDF-1.4"),
    ("application/pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"),
    ("application/pdf", b"%PDF-2.0\r\n\r\n1 0 obj\r\n<<>>\r\nendobj\r\n"),
    ("application/pdf", b"%PDF-1.3 %\xe2\xe3\r%more\r"),
    ("application/pdf", b"%PDF-1.7 of a letter"),
    ("video/mp4", b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2"),
    ("text/plain", b"what was said\n"),
]
FALSE = [
    ("image/png", SIGNATURE),
    ("image/png", SIGNATURE + HTML),
    ("image/png", SIGNATURE + b"\x00\x00\x00\x0dIHDR" + HTML),
    ("image/png", SIGNATURE + ihdr(crc=0)),
    ("image/png", SIGNATURE + ihdr(b"<html>")),
    ("image/png", SIGNATURE + b"\x00\x00\x00\x00IEND\xae\x42\x60\x82"),
    ("image/jpeg", b"\xff\xd8\xff"),
    ("image/jpeg", b"\xff\xd8\xff" + HTML),
    ("image/jpeg", b"\xff\xd8\xff\xe0" + HTML),
    ("image/jpeg", b"\xff\xd8\xff\xff\xff\xff"),
    ("image/jpeg", b"\xff\xd8\xff\xfe\x00"),
    ("image/jpeg", b"\xff\xd8\xff\xfe\x00\x01\xff\xd9"),
    ("image/jpeg", b"\xff\xd8" + COMMENT),
    ("image/jpeg", b"\xff\xd8" + COMMENT + HTML),
    ("image/jpeg", b"\xff\xd8\xff\xd9" + HTML),
    ("image/webp", b"RIFF\x0a\x00\x00\x00WEBP"),
    ("image/webp", b"RIFF" + struct.pack("<I", 4 + len(HTML)) + b"WEBP" + HTML),
    ("image/webp", b"RIFF<!--WEBP" + HTML),
    ("image/webp", webp(size=len(webp()) - 7)),
    ("image/webp", webp(size=2**32 - 1)),
    ("image/webp", webp(size=3)),
    ("application/pdf", b"%PDF-"),
    ("application/pdf", b"%PDF-" + HTML),
    ("application/pdf", b"%PDF-1.7" + HTML),
    ("application/pdf", b"%PDF-1.7 " + HTML),
    ("application/pdf", b"%PDF-1.7\n" + HTML),
    ("application/pdf", b"%PDF-1.7\r\n \r\n" + HTML),
    ("application/pdf", HTML + b"%PDF-1.7\n"),
    ("application/pdf", b"%PDF-9.9\n"),
    ("text/plain", HTML),
]


@pytest.mark.parametrize(("media_type", "content"), HONEST)
def test_an_honest_file_is_what_it_says(media_type: str, content: bytes) -> None:
    assert media_type_of(BytesIO(content), media_type, EXTENSIONS[media_type][0]) == media_type


@pytest.mark.parametrize(("media_type", "content"), FALSE)
def test_a_signature_alone_or_before_html_is_no_file_of_that_type(media_type: str, content: bytes) -> None:
    with pytest.raises(FalseType, match=r"its content is (none of the accepted types|text/plain)$"):
        media_type_of(BytesIO(content), media_type, EXTENSIONS[media_type][0])
