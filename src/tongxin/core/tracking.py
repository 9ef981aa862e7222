"""Tracking codes: what a resident writes down to follow a matter without an account.

Ten characters out of thirty that are hard to mistake (no I, L, O, U, 0, 1): about 49 bits, read aloud in
two groups.
"""

import hmac
import re
import unicodedata
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 10
_GROUP = 5
_SEPARATORS = re.compile(r"[\s\-‐‑‒–—―−_.·]+")


class CodeProblem(StrEnum):
    """Why a typed code cannot be one of ours."""

    WRONG_LENGTH = "wrong_length"
    NEVER_USED = "never_used"
    UNKNOWN = "unknown"


_MESSAGES: dict[CodeProblem, "_StrPromise"] = {
    CodeProblem.WRONG_LENGTH: _("查询码是10个字母和数字，请再看看。"),
    CodeProblem.NEVER_USED: _("查询码里没有字母 I、L、O、U，也没有数字 0 和 1，请再看看。"),
    CodeProblem.UNKNOWN: _("查询码里只有字母和数字，请再看看。"),
}


class CodeInvalid(ValueError):
    """A typed code cannot be one of ours: ``reason`` is a code, ``message`` words for the reader."""

    def __init__(self, reason: CodeProblem) -> None:
        self.reason = reason
        self.message = _MESSAGES[reason]
        super().__init__(reason.value)


def code_from(token: str, key: str) -> str:
    """The code of a form's token: always the same for it, and unguessable without ``key``."""
    number = int.from_bytes(_mac("tracking code", token, key).digest(), "big")
    digits = []
    for _index in range(LENGTH):
        number, rest = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[rest])
    return _grouped("".join(digits))


def normalise_code(typed: str) -> str:
    """A typed code (any case or width, any blanks and dashes) in its one form, or :class:`CodeInvalid`.

    Characters that no code holds are not guessed at: a wrong guess would only say "not found", which
    helps nobody.
    """
    compact = _SEPARATORS.sub("", unicodedata.normalize("NFKC", typed)).upper()
    if not (compact.isascii() and (compact.isalnum() or not compact)):
        raise CodeInvalid(CodeProblem.UNKNOWN)
    if len(compact) != LENGTH:
        raise CodeInvalid(CodeProblem.WRONG_LENGTH)
    if not set(compact) <= set(ALPHABET):
        raise CodeInvalid(CodeProblem.NEVER_USED)
    return _grouped(compact)


def code_digest(code: str, key: str) -> str:
    """What is kept of a code: a keyed digest, 64 hexadecimal characters. Raises :class:`CodeInvalid`."""
    return _mac("tracking digest", normalise_code(code), key).hexdigest()


def _mac(purpose: str, value: str, key: str) -> "hmac.HMAC":
    # The purpose goes in, so that no value made for one use can stand in for another under the same key.
    return hmac.new(key.encode(), f"tongxin {purpose}\0{value}".encode(), sha256)


def _grouped(code: str) -> str:
    return f"{code[:_GROUP]}-{code[_GROUP:]}"
