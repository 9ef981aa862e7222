"""Everything sealed at rest, and sealing it anew when the keys change.

Each domain names its sealed columns here, so that a change of keys forgets none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.apps import apps
from django.conf import settings
from django.db import models, transaction

from tongxin.core.contacts import sealer
from tongxin.core.crypto import Sealer, UnsealFailed, lookup_digest

BATCH = 200


@dataclass(frozen=True, slots=True)
class SealedColumns:
    """Columns of one model holding sealed text, and digests of them by which rows are found.

    ``digests`` names for each digest column the sealed column it is made from.
    """

    model: str
    columns: tuple[str, ...]
    digests: Mapping[str, str] = field(default_factory=dict)


class Reseal(Protocol):
    """Seals a text anew when it is not under the first key; the same text when it is. Raises ``UnsealFailed``."""

    def __call__(self, sealed: str) -> str: ...


@dataclass(frozen=True, slots=True)
class SealedElsewhere:
    """Sealed text inside something else, as in a library's JSON column: a function that changes a row's value."""

    model: str
    column: str
    reseal: Callable[[Any, Reseal], Any]


_columns: dict[str, SealedColumns] = {}
_elsewhere: dict[str, SealedElsewhere] = {}


def register_sealed(model: str, *columns: str, digests: Mapping[str, str] | None = None) -> None:
    """Name a model's sealed columns (``"core.Contact"``)."""
    _columns[model] = SealedColumns(model, columns, digests or {})


def register_sealed_elsewhere(model: str, column: str, reseal: Callable[[Any, Reseal], Any]) -> None:
    """Name a column that holds sealed text among other things."""
    _elsewhere[model] = SealedElsewhere(model, column, reseal)


def registered() -> dict[str, SealedColumns]:
    """All that was named, by model."""
    return dict(_columns)


@dataclass(slots=True)
class Resealed:
    """How many rows were looked at and changed, and how many open with none of the keys."""

    rows: int = 0
    changed: int = 0
    unreadable: int = 0


def reseal_all(progress: Callable[[str, Resealed], None] = lambda _model, _done: None) -> Resealed:
    """Seal everything with the first key, in batches each committed by itself.

    May be interrupted and run again at any time: what is done already is left alone. Contacts are found throughout,
    for a phone is looked up under every key (:func:`tongxin.core.contacts.phone_digests`).
    """
    total = Resealed()
    for columns in _columns.values():
        done = _walk(columns.model, (*columns.columns, *columns.digests), _resealing(columns))
        progress(columns.model, done)
        _add(total, done)
    for elsewhere in _elsewhere.values():
        done = _walk(elsewhere.model, (elsewhere.column,), _resealing_elsewhere(elsewhere))
        progress(elsewhere.model, done)
        _add(total, done)
    return total


def _add(total: Resealed, done: Resealed) -> None:
    total.rows += done.rows
    total.changed += done.changed
    total.unreadable += done.unreadable


def _reseal() -> Reseal:
    first, every = Sealer(settings.CONTACT_KEYS[:1]), sealer()

    def reseal(sealed: str) -> str:
        if not sealed:
            return sealed
        try:
            first.unseal(sealed)
        except UnsealFailed:
            return every.rotate(sealed)
        return sealed

    return reseal


def _resealing(columns: SealedColumns) -> Callable[[models.Model], bool]:
    reseal, every = _reseal(), sealer()

    def change(row: models.Model) -> bool:
        before = {name: getattr(row, name) for name in (*columns.columns, *columns.digests)}
        after = {name: reseal(before[name]) for name in columns.columns}
        for digest, source in columns.digests.items():
            if before[digest] and before[source]:
                after[digest] = lookup_digest(every.unseal(before[source]), settings.CONTACT_KEYS[0])
            else:
                after[digest] = before[digest]
        for name, value in after.items():
            setattr(row, name, value)
        return after != before

    return change


def _resealing_elsewhere(elsewhere: SealedElsewhere) -> Callable[[models.Model], bool]:
    reseal = _reseal()

    def change(row: models.Model) -> bool:
        before = getattr(row, elsewhere.column)
        after = elsewhere.reseal(before, reseal)
        setattr(row, elsewhere.column, after)
        return bool(after != before)

    return change


def _walk(label: str, names: tuple[str, ...], change: Callable[[models.Model], bool]) -> Resealed:
    model, done, after = apps.get_model(label), Resealed(), None
    while True:
        with transaction.atomic():
            rows = model._default_manager.order_by("pk").only("pk", *names).select_for_update(of=("self",))
            if after is not None:
                rows = rows.filter(pk__gt=after)
            batch = list(rows[:BATCH])
            changed = []
            for row in batch:
                done.rows += 1
                try:
                    if change(row):
                        changed.append(row)
                except UnsealFailed:
                    done.unreadable += 1
            if changed:
                model._default_manager.bulk_update(changed, names)
            done.changed += len(changed)
        if len(batch) < BATCH:
            return done
        after = batch[-1].pk
