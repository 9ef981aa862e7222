"""Uploads: real types, harmless copies, clear refusals."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from tongxin.core import files
from tongxin.core.files import (
    CleanImage,
    FileRefused,
    Refusal,
    clean_document,
    clean_image,
    safe_filename,
    sniff_image,
)

LIMITS = {"max_bytes": 5_000_000, "max_pixels": 4_000_000}
RED, BLUE = (220, 20, 20), (20, 20, 220)


def picture(
    kind: str = "JPEG", size: tuple[int, int] = (60, 40), mode: str = "RGB", **options: object
) -> bytes:
    """Left half red, right half blue."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, *size))
    out = io.BytesIO()
    image.convert(mode).save(out, kind, **options)
    return out.getvalue()


def opened(image: CleanImage) -> Image.Image:
    return Image.open(io.BytesIO(image.data))


def refusal(call: Callable[[], object]) -> Refusal:
    with pytest.raises(FileRefused) as caught:
        call()
    assert str(caught.value.message).endswith("。")
    return caught.value.reason


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp"), ("GIF", "image/png")],
)
def test_allowed_images_are_drawn_anew(kind: str, media_type: str) -> None:
    image = clean_image(picture(kind), **LIMITS)
    assert (image.media_type, image.width, image.height) == (media_type, 60, 40)
    again = opened(image)
    assert again.get_format_mimetype() == media_type
    assert again.size == (60, 40)
    red, _green, blue = again.convert("RGB").getpixel((5, 20))  # type: ignore[misc]
    assert red > 150 > 100 > blue


@pytest.mark.parametrize("mode", ["L", "CMYK", "RGB"])
def test_every_jpeg_mode_is_taken(mode: str) -> None:
    assert opened(clean_image(picture(mode=mode), **LIMITS)).mode == "RGB"


@pytest.mark.parametrize("mode", ["1", "P", "L", "LA", "RGBA", "I;16"])
def test_every_png_mode_is_taken(mode: str) -> None:
    data = io.BytesIO()
    Image.new(mode, (8, 8)).save(data, "PNG")
    image = clean_image(data.getvalue(), **LIMITS)
    assert opened(image).mode == ("RGBA" if mode in {"LA", "RGBA"} else "RGB")


def test_transparency_survives() -> None:
    data = io.BytesIO()
    Image.new("RGBA", (8, 8), (10, 20, 30, 0)).save(data, "PNG")
    assert opened(clean_image(data.getvalue(), **LIMITS)).getpixel((0, 0))[3] == 0  # type: ignore[index]


def _exif(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "SECRETMAKER"
    exif[0x013B] = "SECRETARTIST"
    exif.get_ifd(0x8825).update({1: "N", 2: (28.0, 11.0, 20.0), 3: "E", 4: (112.0, 58.0, 30.0)})
    return exif


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG"])
def test_metadata_is_left_behind(kind: str) -> None:
    options: dict[str, object] = {"exif": _exif(), "icc_profile": b"SECRETPROFILE" * 20}
    if kind == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_text("Comment", "SECRETCOMMENT")
        info.add_itxt("XML:com.adobe.xmp", "<x>SECRETXMP</x>")
        options["pnginfo"] = info
    else:
        options["xmp"] = b"<x>SECRETXMP</x>"
    if kind == "JPEG":
        options["comment"] = b"SECRETCOMMENT"
    source = picture(kind, **options)
    assert b"SECRETMAKER" in source
    image = clean_image(source + b"SECRETTRAILER", **LIMITS)
    assert b"SECRET" not in image.data
    again = opened(image)
    assert not again.getexif()
    assert not {"exif", "icc_profile", "xmp", "comment", "Comment"} & set(again.info)


@pytest.mark.parametrize(
    ("orientation", "size", "red_at", "blue_at"),
    [
        (1, (60, 40), (5, 20), (55, 20)),
        (2, (60, 40), (55, 20), (5, 20)),
        (3, (60, 40), (55, 20), (5, 20)),
        (4, (60, 40), (5, 20), (55, 20)),
        (5, (40, 60), (20, 5), (20, 55)),
        (6, (40, 60), (20, 5), (20, 55)),
        (7, (40, 60), (20, 55), (20, 5)),
        (8, (40, 60), (20, 55), (20, 5)),
        (99, (60, 40), (5, 20), (55, 20)),
    ],
)
def test_orientation_is_applied(
    orientation: int, size: tuple[int, int], red_at: tuple[int, int], blue_at: tuple[int, int]
) -> None:
    image = opened(clean_image(picture(exif=_exif(orientation)), **LIMITS))
    assert image.size == size
    assert image.getpixel(red_at)[0] > 150  # type: ignore[index]
    assert image.getpixel(blue_at)[2] > 150  # type: ignore[index]


def test_broken_metadata_costs_nobody_a_photo() -> None:
    assert clean_image(picture(exif=b"Exif\0\0MM\0*\xff\xff\xff\xff garbage"), **LIMITS).width == 60


@pytest.mark.parametrize(
    ("size", "result"), [((900, 300), (300, 100)), ((300, 900), (100, 300)), ((200, 100), (200, 100))]
)
def test_large_images_are_made_smaller(size: tuple[int, int], result: tuple[int, int]) -> None:
    image = clean_image(picture(size=size), **LIMITS, max_edge=300)
    assert (image.width, image.height) == opened(image).size == result


def test_animation_becomes_its_first_frame() -> None:
    frames = [Image.new("RGB", (10, 10), color) for color in (RED, BLUE)]
    for kind in ("GIF", "WEBP", "PNG"):
        out = io.BytesIO()
        frames[0].save(out, kind, save_all=True, append_images=frames[1:])
        again = opened(clean_image(out.getvalue(), **LIMITS))
        assert getattr(again, "n_frames", 1) == 1
        assert again.convert("RGB").getpixel((5, 5))[0] > 150  # type: ignore[index]


def _png_of(width: int, height: int) -> bytes:
    """A PNG that says it is this large; its pixels are a few bytes of zeros."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 99))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("width", "height"), [(2001, 2000), (10_000, 10_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)]
)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_decompression_bomb_is_refused(width: int, height: int) -> None:
    assert refusal(lambda: clean_image(_png_of(width, height), **LIMITS)) is Refusal.TOO_MANY_PIXELS


@pytest.mark.filterwarnings("error::PIL.Image.DecompressionBombWarning")
def test_decompression_bomb_is_refused_where_warnings_are_errors() -> None:
    assert refusal(lambda: clean_image(_png_of(10_000, 10_000), **LIMITS)) is Refusal.TOO_MANY_PIXELS


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_truncated_image_is_refused(kind: str, share: float) -> None:
    noise = Image.effect_noise((200, 200), 90)
    out = io.BytesIO()
    noise.convert("RGB").save(out, kind)
    data = out.getvalue()
    assert refusal(lambda: clean_image(data[: int(len(data) * share)], **LIMITS)) is Refusal.DAMAGED


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Refusal.EMPTY),
        (b"x" * 5_000_001, Refusal.TOO_BIG),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Refusal.NOT_AN_IMAGE),
        (b"<html><script>alert(1)</script>", Refusal.NOT_AN_IMAGE),
        (b"MZ\x90\0", Refusal.NOT_AN_IMAGE),
        (b"BM" + b"\0" * 60, Refusal.NOT_AN_IMAGE),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", Refusal.NOT_AN_IMAGE),
        (b"\0\0\0\x18ftypheic\0\0\0\0", Refusal.HEIC),
        (b"\0\0\0\x18ftypmif1\0\0\0\0", Refusal.HEIC),
        (b"\xff\xd8\xff", Refusal.DAMAGED),
        (b"\xff\xd8\xff\xe0<?php system($_GET[0]);", Refusal.DAMAGED),
        (b"GIF89a<script>", Refusal.DAMAGED),
    ],
)
def test_other_files_are_refused_with_a_reason(data: bytes, reason: Refusal) -> None:
    assert refusal(lambda: clean_image(data, **LIMITS)) is reason


def test_type_is_told_by_content() -> None:
    assert sniff_image(picture("PNG")) == "PNG"
    assert sniff_image(b"RIFF\0\0\0\0WAVE") is None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(["JPEG", "PNG", "WEBP", "GIF"]), st.data())
def test_damaged_images_are_cleaned_or_refused(kind: str, data: st.DataObject) -> None:
    """Whatever bytes are changed, the answer is an image or a refusal, never another error."""
    source = bytearray(picture(kind, exif=_exif()) if kind != "GIF" else picture(kind))
    for _index in range(data.draw(st.integers(1, 6))):
        source[data.draw(st.integers(0, len(source) - 1))] = data.draw(st.integers(0, 255))
    try:
        image = clean_image(bytes(source), **LIMITS)
    except FileRefused:
        return
    assert image.width * image.height <= LIMITS["max_pixels"]


def archive(parts: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as made:
        for name, body in parts.items():
            made.writestr(name, body)
    return out.getvalue()


DOCX = {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w:document/>"}
XLSX = {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"}
PDF = b"%PDF-1.7\n1 0 obj\nendobj\ntrailer\n%%EOF\n"


@pytest.mark.parametrize(
    ("data", "name", "media_type"),
    [
        (PDF, "说明.pdf", "application/pdf"),
        (PDF, "说明.PDF", "application/pdf"),
        (
            archive(DOCX),
            "纪要.docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (archive(XLSX), "名单.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("记录\n第二行\t完".encode(), "记录.txt", "text/plain"),
        ("姓名,单位\n".encode(), "名单.csv", "text/csv"),
    ],
)
def test_allowed_documents(data: bytes, name: str, media_type: str) -> None:
    document = clean_document(data, name)
    assert (document.data, document.media_type, document.filename) == (data, media_type, name)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig"])
def test_texts_become_utf8(encoding: str) -> None:
    assert clean_document("路灯不亮，𠮷".encode(encoding), "记录.txt").data == "路灯不亮，𠮷".encode()


def _encrypted() -> bytes:
    data = bytearray(archive(DOCX))
    data[6] |= 1
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        data[at + 8] |= 1
        at = data.find(b"PK\x01\x02", at + 1)
    return bytes(data)


def _bad_checksum() -> bytes:
    data = bytearray(archive({**DOCX, "word/styles.xml": b"styles" * 50}, zipfile.ZIP_STORED))
    data[data.find(b"stylesstyles") + 3] ^= 0xFF
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"", "空.pdf", Refusal.EMPTY),
        (b"MZ\x90\0", "工具.exe", Refusal.NOT_A_DOCUMENT),
        (PDF, "没有后缀", Refusal.NOT_A_DOCUMENT),
        (b"<html>", "页面.html", Refusal.NOT_A_DOCUMENT),
        (archive(DOCX), "宏.docm", Refusal.NOT_A_DOCUMENT),
        (b"MZ\x90\0 %PDF-", "说明.pdf", Refusal.MISMATCH),
        (archive(DOCX), "说明.pdf", Refusal.MISMATCH),
        (PDF, "纪要.docx", Refusal.MISMATCH),
        (archive(DOCX), "名单.xlsx", Refusal.MISMATCH),
        (archive({"word/document.xml": b""}), "纪要.docx", Refusal.MISMATCH),
        (PDF[:-7], "说明.pdf", Refusal.DAMAGED),
        (archive(DOCX)[:-30], "纪要.docx", Refusal.DAMAGED),
        (_bad_checksum(), "纪要.docx", Refusal.DAMAGED),
        (_encrypted(), "纪要.docx", Refusal.ENCRYPTED),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "纪要.docx", Refusal.ENCRYPTED),
        (archive({**DOCX, "word/vbaProject.bin": b"x"}), "纪要.docx", Refusal.MACROS),
        (archive({**DOCX, "word/media/a.bin": b"\0" * 8_000_000}), "纪要.docx", Refusal.BOMB),
        (archive({**DOCX, **{f"a{n}": b"" for n in range(2001)}}), "纪要.docx", Refusal.BOMB),
        (b"\x00\x01\x02binary", "记录.txt", Refusal.UNREADABLE_TEXT),
        ("文本".encode("utf-16"), "记录.txt", Refusal.UNREADABLE_TEXT),
        (b"\x81", "名单.csv", Refusal.UNREADABLE_TEXT),
    ],
)
def test_documents_are_refused_with_a_reason(data: bytes, name: str, reason: Refusal) -> None:
    assert refusal(lambda: clean_document(data, name)) is reason


def test_document_over_the_limit_is_refused() -> None:
    assert refusal(lambda: clean_document(PDF, "说明.pdf", max_bytes=len(PDF) - 1)) is Refusal.TOO_BIG
    assert clean_document(PDF, "说明.pdf", max_bytes=len(PDF)).data == PDF


def test_archive_over_the_unpacked_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_ARCHIVE_BYTES", 20)
    assert refusal(lambda: clean_document(archive(DOCX), "纪要.docx")) is Refusal.BOMB


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_archives_are_taken_or_refused(data: st.DataObject) -> None:
    source = bytearray(archive({**DOCX, "word/styles.xml": b"styles" * 50}))
    for _index in range(data.draw(st.integers(1, 6))):
        source[data.draw(st.integers(0, len(source) - 1))] = data.draw(st.integers(0, 255))
    try:
        taken = clean_document(bytes(source), "纪要.docx").data
    except FileRefused:
        return
    assert taken == source


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("现场照片.jpg", "现场照片.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\说明.pdf", "说明.pdf"),
        ("说明\u202efdp.exe", "说明fdp.exe"),
        ('a<b>:"|?*.txt', "a_b______.txt"),
        ("a\r\nSet-Cookie: x.txt", "aSet-Cookie_ x.txt"),
        ("..", "附件"),
        (".htaccess", "htaccess"),
        ("", "附件"),
        ("nul.txt", "_nul.txt"),
        ("COM1", "_COM1"),
        ("说明.pdf. ", "说明.pdf"),
        ("cafe\u0301.txt", "café.txt"),
    ],
)
def test_safe_filename(name: str, safe: str) -> None:
    assert safe_filename(name) == safe


@given(st.text())
def test_any_name_becomes_safe(name: str) -> None:
    safe = safe_filename(name)
    assert 0 < len(safe) <= files.MAX_NAME
    assert not set(safe) & set('/\\<>:"|?*\0\r\n\u202e')
    assert not safe.startswith(".")
    assert safe.strip() == safe
    safe.encode()
    assert safe_filename(safe) == safe


def test_long_names_keep_their_ending() -> None:
    assert safe_filename("很" * 300 + ".docx") == "很" * 75 + ".docx"
