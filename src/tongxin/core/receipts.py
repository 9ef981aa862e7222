"""Public submissions: signed form tokens, receipts and tracking codes.

Every public form carries a token signed by us. Its digest is unique in the receipts, so the same form sent fifty
times makes one record; the tracking code is derived from the token with a key only the server has, so a repeated
submission shows the same code without the code ever being stored.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from django.conf import settings
from django.core import signing
from django.db import IntegrityError
from django.utils.translation import gettext as _

from tongxin.core.clocks import DECLARED_DAYS, declared_calendar
from tongxin.core.crypto import lookup_digest
from tongxin.core.models import Dossier, Entry, Receipt
from tongxin.core.prepared import Prepared, prepared_cursor
from tongxin.core.together import next_keys
from tongxin.core.tracking import code_digest, code_from, normalise_code
from tongxin.core.workdays import WorkCalendar

Done = TypeVar("Done")
TOKEN_SALT = "tongxin.form"  # noqa: S105 (a name space for signing, no secret)
TOKEN_MAX_AGE = 7 * 24 * 3600
"""Seconds a form may stay open; after that it comes back with its text and a fresh token."""


class TokenRefused(Exception):
    """The form's token is forged, damaged or too old; ``reason`` is text for the reader."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class TokenExpired(TokenRefused):
    """The form's token is ours but too old."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A receipt as its holder sees it once: the row, the readable code, and whether it was there before."""

    receipt: Receipt
    code: str
    is_repeat: bool


def new_token(purpose: str) -> str:
    """A token for one form: signed, dated and unguessable."""
    return signing.dumps([purpose, secrets.token_urlsafe(18)], salt=TOKEN_SALT)


def check_token(token: str, purpose: str, *, max_age: int = TOKEN_MAX_AGE) -> str:
    """Return the token when it is ours, for this purpose and recent enough; raise :class:`TokenRefused` otherwise."""
    try:
        signed_purpose, _nonce = signing.loads(token, salt=TOKEN_SALT, max_age=max_age)
    except signing.SignatureExpired:
        raise TokenExpired(_("这一页打开太久了。您写的都还在，请再按一次提交。")) from None
    except (signing.BadSignature, ValueError, TypeError):
        raise TokenRefused(_("这张表单不完整。您写的都还在，请再按一次提交。")) from None
    if signed_purpose != purpose:
        raise TokenRefused(_("这张表单不完整。您写的都还在，请再按一次提交。"))
    return token


def _digest(token: str) -> str:
    return lookup_digest(token, settings.SECRET_KEY)


_by_token = Prepared(
    lambda digest: Receipt.objects.filter(token_digest=digest).select_related("dossier"), digest=str
)


def find_repeat(token: str) -> Issued | None:
    """The receipt already issued for this token, if any."""
    receipt = _by_token.first(digest=_digest(token))
    return Issued(receipt, code_from(token, settings.SECRET_KEY), True) if receipt else None


@dataclass(frozen=True, slots=True)
class Opening:
    """What an act that opens a dossier needs of the database: keys for the dossier, its receipt and the first line of
    its history, and the calendar its first clock counts by."""

    dossier: int
    receipt: int
    entry: int
    calendar: WorkCalendar


_FIRST_TIME = (
    "SELECT EXISTS (SELECT 1 FROM core_receipt WHERE token_digest = $1), "  # noqa: S608  (our own names)
    f"{DECLARED_DAYS}, {next_keys(Dossier, Receipt, Entry)}"
)


def opening_unless_repeated(token: str) -> Opening | None:
    """What the first submission of a token needs, None when this token made a dossier before. One query.

    Of two submissions of one token at the same moment both get keys. The second one's receipt then breaks the
    uniqueness of the token, and its transaction is undone whole.
    """
    with prepared_cursor() as cursor:
        cursor.execute(_FIRST_TIME, [_digest(token)])
        is_repeat, declared, dossier, receipt, entry = cursor.fetchone()
    return None if is_repeat else Opening(dossier, receipt, entry, declared_calendar(declared))


def once(token: str, act: Callable[[Opening], Done], before: Callable[[Issued], Done]) -> Done:
    """What ``act`` made with what it is given; for a token sent again, also at the same moment, what ``before`` finds.

    ``act`` makes a dossier and its receipt in a transaction of its own.
    """
    opening = opening_unless_repeated(token)
    if opening is not None:
        try:
            return act(opening)
        except IntegrityError:
            # The same form, sent twice at the same moment: the other one was first, and all of this one is undone.
            if find_repeat(token) is None:
                raise
    repeat = find_repeat(token)
    assert repeat is not None
    return before(repeat)


def claim(token: str) -> None:
    """Make concurrent submissions of one token wait for each other until the transaction ends."""
    with prepared_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [_digest(token)])


def issue(
    token: str,
    *,
    dossier_id: int,
    role: str,
    label: str,
    user_id: int | None = None,
    contact_id: int | None = None,
) -> Issued:
    """Write the receipt of one submission. The caller has claimed the token and found no repeat."""
    issued = prepare(
        token, dossier_id=dossier_id, role=role, label=label, user_id=user_id, contact_id=contact_id
    )
    issued.receipt.save(force_insert=True)
    return issued


def prepare(
    token: str,
    *,
    dossier_id: int,
    role: str,
    label: str,
    pk: int | None = None,
    user_id: int | None = None,
    contact_id: int | None = None,
) -> Issued:
    """The same, for the caller to write with the rest of its act."""
    code = code_from(token, settings.SECRET_KEY)
    receipt = Receipt(
        pk=pk,
        dossier_id=dossier_id,
        role=role,
        label=label,
        user_id=user_id,
        contact_id=contact_id,
        token_digest=_digest(token),
        code_digest=code_digest(code, settings.SECRET_KEY),
    )
    return Issued(receipt, code, False)


def find_by_code(dossier_id: int, code: str) -> Receipt | None:
    """The receipt that a number and a code open, or None. The code may be typed in any case, with or without dashes."""
    try:
        wanted = code_digest(normalise_code(code), settings.SECRET_KEY)
    except ValueError:
        return None
    return Receipt.objects.filter(dossier_id=dossier_id, code_digest=wanted).first()
