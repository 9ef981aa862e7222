"""Sealing contacts, digests, and the one form of a phone number."""

import hmac
import re
import unicodedata
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet
    from django.utils.functional import _StrPromise


class UnsealFailed(Exception):
    """Sealed text opens with none of the keys: it was altered, or its key is gone."""


class Sealer:
    """Encrypts short texts at rest. The first key seals, all of them open: a new key is put first.

    The keys are secrets of any length; the real keys are derived from them. Raises ``ValueError`` without
    any.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if isinstance(keys, str) or not keys or not all(keys):
            raise ValueError("sealing needs a list of keys, none of them empty")
        self._box = _box(keys)

    def seal(self, text: str) -> str:
        """Encrypt; the same text gives another result each time."""
        return self._box.encrypt(text.encode()).decode("ascii")

    def unseal(self, sealed: str) -> str:
        """Decrypt, or raise :class:`UnsealFailed`."""
        from cryptography.fernet import InvalidToken

        try:
            return self._box.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise UnsealFailed from None

    def rotate(self, sealed: str) -> str:
        """The same text under the first key, or :class:`UnsealFailed`."""
        from cryptography.fernet import InvalidToken

        try:
            return self._box.rotate(sealed.encode()).decode("ascii")
        except InvalidToken:
            raise UnsealFailed from None


def _box(keys: Sequence[str]) -> "MultiFernet":
    from cryptography.fernet import Fernet, MultiFernet
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    def derived(secret: str) -> bytes:
        # The secrets are long and random, so a fast derivation is enough; the label keeps this use apart.
        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"tongxin contact sealing").derive(
            secret.encode()
        )
        return urlsafe_b64encode(key)

    return MultiFernet([Fernet(derived(key)) for key in keys])


def lookup_digest(value: str, key: str) -> str:
    """A keyed digest (64 hexadecimal characters) by which a value is found again without being readable."""
    return hmac.new(key.encode(), b"tongxin lookup\0" + value.encode(), sha256).hexdigest()


def digest(data: bytes, algorithm: str = "sha256") -> str:
    """The digest of some bytes as 64 hexadecimal characters, by ``sha256`` or ``sm3`` (GB/T 32905)."""
    if algorithm == "sha256":
        return sha256(data).hexdigest()
    if algorithm == "sm3":
        from cryptography.hazmat.primitives.hashes import SM3, Hash

        state = Hash(SM3())
        state.update(data)
        return state.finalize().hex()
    raise ValueError(f"unknown digest algorithm: {algorithm}")


def salted_digest(text: str, salt: str, algorithm: str = "sha256") -> str:
    """The digest of a salt, a newline and a text: a short text can't be guessed from it without its salt."""
    return digest(f"{salt}\n{text}".encode(), algorithm)


class PhoneProblem(StrEnum):
    """Why something typed is no phone number."""

    EMPTY = "empty"
    NOT_DIGITS = "not_digits"
    ONE_SHORT = "one_short"
    TOO_SHORT = "too_short"
    ONE_LONG = "one_long"
    TOO_LONG = "too_long"
    UNKNOWN_RANGE = "unknown_range"
    NO_AREA_CODE = "no_area_code"
    BAD_LANDLINE = "bad_landline"


_MESSAGES: dict[PhoneProblem, "_StrPromise"] = {
    PhoneProblem.EMPTY: _("请写上电话号码。"),
    PhoneProblem.NOT_DIGITS: _("电话号码里只能有数字，请再看看。"),
    PhoneProblem.ONE_SHORT: _("手机号少了一位，请再看看。"),
    PhoneProblem.TOO_SHORT: _("手机号不够11位，请再看看。"),
    PhoneProblem.ONE_LONG: _("手机号多了一位，请再看看。"),
    PhoneProblem.TOO_LONG: _("手机号超过11位了，请再看看。"),
    PhoneProblem.UNKNOWN_RANGE: _("没有这样开头的手机号，请再看看。"),
    PhoneProblem.NO_AREA_CODE: _("座机请把区号也写上，例如 0731-88886666。"),
    PhoneProblem.BAD_LANDLINE: _("座机号码的位数不对，请连区号一起再看看。"),
}


class PhoneInvalid(ValueError):
    """Not a phone number: ``reason`` is a code, ``message`` words for the reader. It holds no number."""

    def __init__(self, reason: PhoneProblem) -> None:
        self.reason = reason
        self.message = _MESSAGES[reason]
        super().__init__(reason.value)


_MOBILE_LENGTH = 11
_PUNCTUATION = re.compile(r"[\s()\[\]./·_\-‐‑‒–—―−\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_COUNTRY = re.compile(r"^(?:\+86|0086|\+?86(?=1\d{10}$))")
_LANDLINE = r"(010|02\d|0[3-9]\d\d)([2-9]\d{6,7})"
_EXTENSION = re.compile(r"(?:转|分机|ext|x|#|-)+(\d{1,6})$", re.IGNORECASE)


def normalise_phone(typed: str) -> str:
    """A Chinese phone number in its one form: ``13800000000``, ``0731-88886666`` or ``0731-88886666-801``.

    Takes a country code, blanks, dashes, brackets and full-width digits. Raises :class:`PhoneInvalid`.
    """
    narrow = unicodedata.normalize("NFKC", typed).strip()
    number = _national(narrow)
    if not number:
        raise PhoneInvalid(PhoneProblem.EMPTY)
    landline = _landline(number) or _with_extension(narrow)
    if landline:
        return landline
    if not (number.isascii() and number.isdigit()):
        raise PhoneInvalid(PhoneProblem.NOT_DIGITS)
    problem = _problem(number)
    if problem:
        raise PhoneInvalid(problem)
    return number


def _national(narrow: str) -> str:
    compact = _PUNCTUATION.sub("", narrow)
    number = _COUNTRY.sub("", compact)
    # After a country code the zero of the area code is left out; no mobile number begins with 10, Beijing's code does.
    is_area_code = number != compact and (number[:1] not in {"", "0", "1"} or number.startswith("10"))
    return f"0{number}" if is_area_code else number


def _landline(number: str) -> str | None:
    match = re.fullmatch(_LANDLINE, number, re.ASCII)
    if not match or (
        len(match[1]) == 3 and len(match[2]) == 7
    ):  # cities with a three-digit code have eight digits
        return None
    return f"{match[1]}-{match[2]}"


def _with_extension(narrow: str) -> str | None:
    match = _EXTENSION.search(narrow)
    if not match:
        return None
    number = _landline(_national(narrow[: match.start()]))
    return f"{number}-{match[1]}" if number else None


def _problem(number: str) -> PhoneProblem | None:
    if number.startswith("0"):
        return PhoneProblem.BAD_LANDLINE
    if not number.startswith("1"):
        return PhoneProblem.NO_AREA_CODE if len(number) in {7, 8} else PhoneProblem.UNKNOWN_RANGE
    missing = _MOBILE_LENGTH - len(number)
    if missing:
        lengths = {1: PhoneProblem.ONE_SHORT, -1: PhoneProblem.ONE_LONG}
        return lengths.get(missing, PhoneProblem.TOO_SHORT if missing > 0 else PhoneProblem.TOO_LONG)
    return None if number[1] in "3456789" else PhoneProblem.UNKNOWN_RANGE
