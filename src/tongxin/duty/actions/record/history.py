"""What happened to the entries of a record: a line of its history, and its link in the ledger without the words."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings

from tongxin.core import ledger
from tongxin.core.actor import Actor
from tongxin.core.crypto import salted_digest
from tongxin.core.history import for_ledger
from tongxin.core.models import Entry
from tongxin.core.process import Publication
from tongxin.duty.models import DutyRecord

STEP = "diary"


def write_line(
    record: DutyRecord,
    event: str,
    *,
    actor: Actor,
    at: datetime,
    version: int = 1,
    text: str = "",
    data: Mapping[str, Any],
    is_public: bool = False,
) -> Entry:
    """Write one line; ``text`` is the wording this act left, so that every earlier one stays readable to its author.

    The ledger holds ``data`` (of what was typed in it, digests) and a salted digest of the wording. Call it last: it takes the
    ledger's lock. The line itself is internal: the page of an entry shows it to the member and the office.
    """
    salt = secrets.token_hex(16)
    body = {
        "by": actor.role,
        "version": version,
        "data": for_ledger(data, salt),
        "text": salted_digest(text, salt, settings.TONGXIN["digest"]),
    }
    seq = ledger.append_now(event, body=body, at=at, dossier_id=record.pk, is_public=is_public)
    return Entry.objects.create(
        dossier_id=record.pk,
        at=at,
        step=STEP,
        event=event,
        version=version,
        actor_label=actor.label[:80],
        actor_role=actor.role,
        user_id=actor.user_id,
        text=text,
        data=dict(data),
        publication=Publication.INTERNAL,
        ledger_seq=seq,
        salt=salt,
    )
