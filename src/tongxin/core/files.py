"""Uploads: told by their content, made harmless, or refused with a reason people can act on."""

import re
import unicodedata
import zipfile
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise
    from PIL.Image import Image

MAX_DOCUMENT_BYTES = 20 * 1024 * 1024
MAX_ARCHIVE_ENTRIES = 2000
MAX_ARCHIVE_BYTES = 150 * 1024 * 1024
"""Unpacked size up to which an office document is believed to be one."""
MAX_ARCHIVE_RATIO = 200
"""Times that an entry may grow when unpacked; real documents stay far below."""
MAX_NAME = 80
"""Characters of a file name that are kept, its ending included."""


class Refusal(StrEnum):
    """Why a file was refused."""

    EMPTY = "empty"
    TOO_BIG = "too_big"
    TOO_MANY_PIXELS = "too_many_pixels"
    HEIC = "heic"
    NOT_AN_IMAGE = "not_an_image"
    DAMAGED = "damaged"
    NOT_A_DOCUMENT = "not_a_document"
    MISMATCH = "mismatch"
    ENCRYPTED = "encrypted"
    MACROS = "macros"
    BOMB = "bomb"
    UNREADABLE_TEXT = "unreadable_text"


_MESSAGES: dict[Refusal, "_StrPromise"] = {
    Refusal.EMPTY: _("这个文件是空的，请重新选一个。"),
    Refusal.TOO_BIG: _("这个文件太大了，请压缩或换一个小一点的。"),
    Refusal.TOO_MANY_PIXELS: _("这张图片的尺寸太大了，请缩小后再传，或者截一张图。"),
    Refusal.HEIC: _(
        "暂不支持苹果手机的 HEIC 照片。请截一张图再传，或者在“设置—相机—格式”里选“兼容性最佳”后重拍。"
    ),
    Refusal.NOT_AN_IMAGE: _("这不是能用的图片。请传 JPG、PNG、WebP 或 GIF 格式的图片。"),
    Refusal.DAMAGED: _("这个文件不完整或已损坏，请重新传一次或换一个。"),
    Refusal.NOT_A_DOCUMENT: _("不能传这种文件。请传 PDF、Word（.docx）、Excel（.xlsx）、TXT 或 CSV 文件。"),
    Refusal.MISMATCH: _("文件的内容和名字的后缀对不上，请核对后再传。"),
    Refusal.ENCRYPTED: _("这个文件设了密码，请去掉密码后再传。"),
    Refusal.MACROS: _("这个文件里有宏程序，请另存为不带宏的文件后再传。"),
    Refusal.BOMB: _("这个文件解开后太大了，不能接收。"),
    Refusal.UNREADABLE_TEXT: _("读不出这个文本文件。请另存为 UTF-8 编码后再传。"),
}


class FileRefused(ValueError):
    """A file cannot be taken; ``reason`` says why in code, ``message`` in words for the reader."""

    def __init__(self, reason: Refusal) -> None:
        self.reason = reason
        self.message = _MESSAGES[reason]
        super().__init__(reason.value)


@dataclass(frozen=True, slots=True)
class CleanImage:
    """An image drawn anew: upright, no larger than asked for, saying nothing of who took it, where or how."""

    data: bytes
    media_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class CleanDocument:
    """A document whose content is what its name says; texts are UTF-8."""

    data: bytes
    media_type: str
    filename: str


_IMAGE_FORMATS = {"JPEG": "JPEG", "PNG": "PNG", "WEBP": "WEBP", "GIF": "PNG"}
"""What is taken, and as what it is kept: a GIF's first frame becomes a PNG."""
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_JPEG_QUALITY = 85
_ORIENTATION_TAG = 0x0112
# What Pillow's decoders raise for damaged files, found by feeding them cut and altered images.
_DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    AttributeError,
)


def sniff_image(data: bytes) -> str | None:
    """The image format that the first bytes show (a Pillow name, or ``HEIC``), or None."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[:6] in {b"GIF87a", b"GIF89a"}:
        return "GIF"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        return "HEIC"
    return None


def clean_image(data: bytes, *, max_bytes: int, max_pixels: int, max_edge: int = 2000) -> CleanImage:
    """Draw an uploaded image anew, or raise :class:`FileRefused`.

    ``max_bytes`` limits the upload, ``max_pixels`` (width × height) what is decoded at all, ``max_edge``
    the longer side of the result in pixels. JPEG, PNG and WebP keep their format. Everything but the
    pixels is left behind.
    """
    if not data:
        raise FileRefused(Refusal.EMPTY)
    if len(data) > max_bytes:
        raise FileRefused(Refusal.TOO_BIG)
    kind = sniff_image(data)
    if kind == "HEIC":
        raise FileRefused(Refusal.HEIC)
    if kind is None:
        raise FileRefused(Refusal.NOT_AN_IMAGE)
    pixels = _decode(data, kind, max_pixels, max_edge)
    out = BytesIO()
    target = _IMAGE_FORMATS[kind]
    if target == "JPEG":
        pixels.save(out, "JPEG", quality=_JPEG_QUALITY, optimize=True, progressive=True)
    elif target == "WEBP":
        pixels.save(out, "WEBP", quality=_JPEG_QUALITY, method=4)
    else:
        pixels.save(out, "PNG")
    return CleanImage(out.getvalue(), f"image/{target.lower()}", pixels.width, pixels.height)


def _decode(data: bytes, kind: str, max_pixels: int, max_edge: int) -> "Image":
    """The pixels alone, upright, on a canvas that never had any metadata."""
    from PIL import Image

    try:
        source = Image.open(BytesIO(data), formats=[kind])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise FileRefused(Refusal.TOO_MANY_PIXELS) from None
    except _DECODER_ERRORS:
        raise FileRefused(Refusal.DAMAGED) from None
    with source:
        if source.width * source.height > max_pixels:  # known from the header: no pixel has been decoded yet
            raise FileRefused(Refusal.TOO_MANY_PIXELS)
        try:
            orientation = _orientation(source)
            source.draft(
                "RGB", (max_edge, max_edge)
            )  # a JPEG is decoded at a fraction of its size where that is enough
            source.load()
            upright = _upright(source.convert("RGBA" if source.has_transparency_data else "RGB"), orientation)
            upright.thumbnail((max_edge, max_edge), Image.Resampling.LANCZOS)
        except (Image.DecompressionBombError, MemoryError):
            raise FileRefused(Refusal.TOO_MANY_PIXELS) from None
        except _DECODER_ERRORS:
            raise FileRefused(Refusal.DAMAGED) from None
    canvas = Image.new(upright.mode, upright.size)
    canvas.paste(upright)
    return canvas


def _orientation(source: "Image") -> int:
    try:
        return int(source.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:
        # Metadata is a stranger's and worth nothing here: a broken block must not cost anybody a good photo.
        return 1


def _upright(pixels: "Image", orientation: int) -> "Image":
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    turn = turns.get(orientation)
    return pixels.transpose(turn) if turn is not None else pixels


_OFFICE = "application/vnd.openxmlformats-officedocument."
_MEDIA_TYPES = {
    "pdf": "application/pdf",
    "docx": _OFFICE + "wordprocessingml.document",
    "xlsx": _OFFICE + "spreadsheetml.sheet",
    "txt": "text/plain",
    "csv": "text/csv",
}
_MAIN_PART = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml"}
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def clean_document(data: bytes, filename: str, *, max_bytes: int = MAX_DOCUMENT_BYTES) -> CleanDocument:
    """Check an uploaded document against its name, or raise :class:`FileRefused`.

    PDF, DOCX and XLSX are kept as they are, TXT and CSV become UTF-8. Documents keep what their authors
    wrote into them, so they are served as attachments only. ``max_bytes`` limits the upload.
    """
    if not data:
        raise FileRefused(Refusal.EMPTY)
    if len(data) > max_bytes:
        raise FileRefused(Refusal.TOO_BIG)
    name = safe_filename(filename)
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending not in _MEDIA_TYPES:
        raise FileRefused(Refusal.NOT_A_DOCUMENT)
    if ending == "pdf":
        _check_pdf(data)
    elif ending in _MAIN_PART:
        _check_office(data, _MAIN_PART[ending])
    else:
        data = _plain_text(data)
    return CleanDocument(data, _MEDIA_TYPES[ending], name)


def _check_pdf(data: bytes) -> None:
    if not data.startswith(b"%PDF-"):
        raise FileRefused(Refusal.MISMATCH)
    if b"%%EOF" not in data:
        raise FileRefused(Refusal.DAMAGED)


def _check_office(data: bytes, main_part: str) -> None:
    if data.startswith(_OLD_OFFICE):
        # Office wraps a document with a password into its old container.
        raise FileRefused(Refusal.ENCRYPTED)
    if not data.startswith(b"PK\x03\x04"):
        raise FileRefused(Refusal.MISMATCH)
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_entries(entries, main_part)
            if archive.testzip() is not None:
                raise FileRefused(Refusal.DAMAGED)
    except FileRefused:
        raise
    except Exception:
        # zipfile and what is beneath it raise a dozen kinds of error for archives made to break them.
        raise FileRefused(Refusal.DAMAGED) from None


def _check_entries(entries: list[zipfile.ZipInfo], main_part: str) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    is_swollen = any(
        entry.file_size > 1024 * 1024 and entry.file_size > MAX_ARCHIVE_RATIO * max(entry.compress_size, 1)
        for entry in entries
    )
    if len(entries) > MAX_ARCHIVE_ENTRIES or unpacked > MAX_ARCHIVE_BYTES or is_swollen:
        raise FileRefused(Refusal.BOMB)
    names = {entry.filename for entry in entries}
    if "[Content_Types].xml" not in names or main_part not in names:
        raise FileRefused(Refusal.MISMATCH)
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise FileRefused(Refusal.ENCRYPTED)
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise FileRefused(Refusal.MACROS)


_BINARY = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def _plain_text(data: bytes) -> bytes:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _BINARY.search(text):
            break
        return text.encode()
    raise FileRefused(Refusal.UNREADABLE_TEXT)


_FORBIDDEN = re.compile(r'[<>:"|?*]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
_UNNAMED = "附件"


def safe_filename(name: str) -> str:
    """A name safe on any system and in a header: no folders, no invisible marks, at most 80 characters."""
    base = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    visible = "".join(
        char for char in base if unicodedata.category(char)[0] not in "C" and char not in "\u2028\u2029"
    )
    plain = " ".join(_FORBIDDEN.sub("_", visible).split()).strip(". ")
    stem, dot, ending = plain.rpartition(".")
    if not dot or len(ending) > 10:
        stem, dot, ending = plain, "", ""
    stem = stem[: MAX_NAME - len(dot + ending)].rstrip(". ") or _UNNAMED
    if _RESERVED.match(stem):
        stem = f"_{stem}"
    return stem[: MAX_NAME - len(dot + ending)] + dot + ending
