"""Telling: a notice is written in the transaction of its cause, so neither is there without the other."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils import timezone

from tongxin.core import jobs
from tongxin.core.numbering import NUMBER, UNNUMBERED
from tongxin.core.together import Write, write_together
from tongxin.notices.models import Concern

MARK = ">"
"""Stands between cause and addressee in a notice's key."""
WEBHOOKS = "webhooks"
KEY_LENGTH = 160
PAST = timedelta(hours=24)
DELAY = 1.0
"""Seconds the dispatcher waits after a wake-up: what is told meanwhile comes along."""

# What is told stands once in the second list; ``n`` says which of it an addressee is told.
_INSERT = """
INSERT INTO notices_notice
    (key, template, data, concern, dossier_id, at, user_id, receipt_id, role, scope, scope_id, targets, by_user_id, is_past)
SELECT who.key, said.template, said.data, said.concern, said.dossier_id, said.at, who.user_id, who.receipt_id, who.role,
       who.scope, who.scope_id, who.targets::jsonb, said.by, said.past
FROM json_to_recordset(%s::json) AS who (key text, n int, user_id bigint, receipt_id bigint, role text, scope text,
                                         scope_id bigint, targets text)
JOIN json_to_recordset({said}::json) AS said (n int, template text, data jsonb, concern text, dossier_id bigint,
                                              at timestamptz, by bigint, past boolean) USING (n)
ON CONFLICT (key) DO NOTHING
RETURNING key
"""
_SAID = "%s"
_NUMBERED = f"replace(%s::text, '{UNNUMBERED}', {NUMBER})"


@dataclass(frozen=True, slots=True)
class Addressee:
    """Somebody to be told, named so that it can be worked out later who that is. Use the constructors below."""

    key: str
    user_id: int | None = None
    receipt_id: int | None = None
    role: str = ""
    scope: str = ""
    scope_id: int = 0
    targets: str | None = None

    def columns(self) -> dict[str, Any]:
        """What a notice's row says of who is told."""
        return {
            "user_id": self.user_id,
            "receipt_id": self.receipt_id,
            "role": self.role,
            "scope": self.scope,
            "scope_id": self.scope_id,
            "targets": self.targets,
        }


def to_user(user_id: int) -> Addressee:
    """One user."""
    return Addressee(f"u{user_id}", user_id=user_id)


def to_receipt(receipt_id: int) -> Addressee:
    """Whoever holds a receipt: by the phone they agreed to be reached by, and in their inbox if they signed in."""
    return Addressee(f"r{receipt_id}", receipt_id=receipt_id)


def to_role(role: str, scope: str = "district", scope_id: int = 0) -> Addressee:
    """Whoever holds a role in a scope when the notice is dispatched."""
    return Addressee(f"{role}@{scope}:{scope_id}", role=str(role), scope=str(scope), scope_id=scope_id)


def to_followers(**targets: Iterable[int]) -> Addressee:
    """Who follows any of these: ``to_followers(dossier=[7], area=[3, 1], category=[2], unit=[5])``.

    Only what is public may be told to followers; the caller sees to that.
    """
    ids = {kind: sorted(set(found)) for kind, given in sorted(targets.items()) if (found := list(given))}
    return Addressee("followers", targets=json.dumps(ids))


def to_webhooks() -> Addressee:
    """Every other system that asked to be told. Only of what is public."""
    return Addressee(WEBHOOKS, scope=WEBHOOKS)


def cause_of(key: str) -> str:
    """The cause's part of a notice's key."""
    return key.rpartition(MARK)[0]


def _key(cause: str, addressee: str) -> str:
    key = f"{cause}{MARK}{addressee}"
    return key if len(key) <= KEY_LENGTH else f"{sha256(cause.encode()).hexdigest()}{MARK}{addressee}"


@dataclass(frozen=True, slots=True)
class Telling:
    """One event and who is told of it; the fields are those of :func:`tell`."""

    cause: str
    template: str
    to: Iterable[Addressee]
    concern: Concern | str
    data: Mapping[str, Any]
    dossier_id: int | None
    at: datetime
    by: int | None = None


def tell(
    *,
    cause: str,
    template: str,
    to: Iterable[Addressee],
    concern: Concern | str,
    data: Mapping[str, Any],
    dossier_id: int | None,
    at: datetime,
    by: int | None = None,
) -> int:
    """Write a notice to each addressee, in the transaction of the cause; returns how many are new. One statement.

    ``cause`` names the event: the same cause told again to the same addressee is no new notice, whoever repeats it.
    ``data`` fills the template's text and holds no personal data. Nothing leaves before the transaction is committed.
    ``by`` is the user who did it: they are not told. What happened more than a day ago (a history brought in) can be
    read in the inbox, as settled, and rings for nobody.
    Raises ``TransactionManagementError`` outside a transaction.
    """
    return tell_many([Telling(cause, template, to, concern, data, dossier_id, at, by)])[0]


def tell_many(tellings: Sequence[Telling]) -> list[int]:
    """Tell of several events at once, each as :func:`tell` does; returns how many notices are new of each.

    One statement and one transaction for all of them: give it hundreds, not tens of thousands. The same cause and
    addressee twice among them is one notice, of the first. Raises ``TransactionManagementError`` outside a transaction.
    """
    rows, counts = _rows(tellings), [0] * len(tellings)
    written = write_together([_insertion(tellings, rows)]) if rows else []
    for (key,) in written:
        counts[rows[key][0]] += 1
    if written:
        transaction.on_commit(wake_dispatcher, robust=True)
    return counts


def notices_of(tellings: Sequence[Telling]) -> list[Write]:
    """The write of these notices, for an act to send with its own; none when nobody is told.

    Data that holds :data:`~tongxin.core.numbering.UNNUMBERED` gets the number that the same statement takes. Otherwise as
    :func:`tell_many`.
    """
    rows = _rows(tellings)
    if not rows:
        return []
    transaction.on_commit(wake_dispatcher, robust=True)
    return [_insertion(tellings, rows)]


def _insertion(tellings: Sequence[Telling], rows: Mapping[str, tuple[int, Addressee]]) -> Write:
    now = timezone.now()
    who = [{"key": key, "n": number} | each.columns() for key, (number, each) in rows.items()]
    said = _encode(
        [
            {
                "n": number,
                "template": each.template,
                "data": each.data,
                "concern": str(each.concern),
                "dossier_id": each.dossier_id,
                "at": each.at.isoformat(),
                "by": each.by,
                "past": now - each.at > PAST,
            }
            for number, each in enumerate(tellings)
        ]
    )
    return Write(_INSERT.format(said=_NUMBERED if UNNUMBERED in said else _SAID), (_encode(who), said))


_encode = DjangoJSONEncoder(ensure_ascii=False).encode


def _rows(tellings: Sequence[Telling]) -> dict[str, tuple[int, Addressee]]:
    """Notices by their key: which of the tellings, and to whom."""
    rows: dict[str, tuple[int, Addressee]] = {}
    for number, telling in enumerate(tellings):
        for each in telling.to:
            rows.setdefault(_key(telling.cause, each.key), (number, each))
    return rows


def wake_dispatcher() -> None:
    """Queue the dispatcher's job, unless one waits that can't have begun yet. Call it after the commit."""
    wake("dispatch", lock="dispatch", after=DELAY)


def wake(task: str, *, lock: str, after: float = 0.0, **arguments: Any) -> bool:
    """Queue one of this domain's jobs unless the same waits already; see :func:`tongxin.core.jobs.wake`."""
    return jobs.wake(
        f"tongxin.notices.tasks.{task}", queue="notices", lock=f"notices-{lock}", after=after, **arguments
    )
