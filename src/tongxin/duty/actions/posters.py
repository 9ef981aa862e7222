"""Posters in a batch: asked for by a person, drawn by a worker a few stations at a time, kept for a week.

Each few posters are a file of their own until all are drawn, so a worker that was killed goes on where it stopped.
"""

import os
import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from tongxin.accounts.roles import Role, Scope
from tongxin.core import ledger
from tongxin.core.actor import Actor
from tongxin.core.attachments import keep_bytes, path_of
from tongxin.directory.models import Workstation
from tongxin.duty import posters
from tongxin.duty.models import PosterBatch
from tongxin.duty.selectors.posters import shifts_of_month, stations_for_posters, stations_in_order

DRAW = "tongxin.duty.tasks_posters.draw_posters"
AT_A_TIME = 8
"""Posters in one step: about a third of a second, so that the progress is seen moving and little is drawn again."""
KEPT_DAYS = 7
"""Calendar days that a finished file is kept: names on it change with the roster."""
NOT_DRAWN = "not drawn"
log = structlog.get_logger(__name__)


class NotAllowed(Exception):
    """The actor may not do this; for them it doesn't exist."""


def is_office(actor: Actor) -> bool:
    """Whether the actor has any station's posters made and sees every batch."""
    return actor.has(Role.OFFICE, Scope.DISTRICT)


def may_make_posters(actor: Actor) -> bool:
    """The conference office for every station; a liaison for their own."""
    return is_office(actor) or actor.has(Role.LIAISON, Scope.STATION)


@transaction.atomic
def ask_for_posters(
    *,
    actor: Actor,
    size: str,
    language: str,
    street: str = "",
    base_url: str,
    at: datetime | None = None,
) -> PosterBatch | None:
    """Have the posters of all the actor's stations (or of one street's) made as one PDF; None when there are none.

    Asked again while the same is under way, it is the one under way. ``base_url`` is where the codes lead, with its
    scheme and without a path. Raises :class:`NotAllowed`.
    """
    if not may_make_posters(actor) or actor.user_id is None:
        raise NotAllowed
    if size not in posters.SIZES or language not in posters.LANGUAGES:
        raise NotAllowed
    at = at or timezone.now()
    ids = [station.pk for station in stations_for_posters(actor, street=street)]
    if not ids:
        return None
    same = PosterBatch.objects.filter(
        asked_by_id=actor.user_id,
        size=size,
        language=language,
        station_ids=ids,
        state__in=[PosterBatch.State.WAITING, PosterBatch.State.RUNNING],
        asked_at__gt=at - timedelta(hours=1),  # one that got lost must not stand in the way for ever
    ).first()
    if same is not None:
        return same
    batch = PosterBatch.objects.create(
        language=language,
        size=size,
        base_url=base_url.rstrip("/"),
        station_ids=ids,
        total=len(ids),
        asked_by_id=actor.user_id,
        asked_at=at,
    )
    _queue(batch)
    _drop_old(at)
    ledger.append(
        "posters.asked",
        body={"batch": batch.pk, "stations": len(ids), "size": size, "language": language, "by": actor.role},
        at=at,
        is_public=False,
    )
    return batch


@transaction.atomic
def ask_again(batch: PosterBatch, *, actor: Actor, at: datetime | None = None) -> PosterBatch:
    """Have a batch that failed drawn on, with the day it is now. Who asked for it and the office may."""
    batch = PosterBatch.objects.select_for_update().get(pk=batch.pk)
    if not may_make_posters(actor) or not (is_office(actor) or batch.asked_by_id == actor.user_id):
        raise NotAllowed
    if batch.state != PosterBatch.State.FAILED:
        return batch
    batch.state, batch.failure, batch.done = PosterBatch.State.WAITING, "", 0
    batch.asked_at = at or timezone.now()
    batch.save()
    shutil.rmtree(folder_of(batch.pk), ignore_errors=True)
    _queue(batch)
    ledger.append(
        "posters.asked", body={"batch": batch.pk, "again": True}, at=batch.asked_at, is_public=False
    )
    return batch


def _queue(batch: PosterBatch) -> None:
    # The lock keeps a second worker from drawing into the same folder, should the first only have seemed dead.
    app.configure_task(DRAW, queue="default", priority=-5, lock=f"posters-{batch.pk}").defer(
        batch_id=batch.pk
    )


def _drop_old(at: datetime) -> None:
    """Forget finished files after a week; the row stays, and says so."""
    old = PosterBatch.objects.filter(
        state=PosterBatch.State.DONE, finished_at__lt=at - timedelta(days=KEPT_DAYS)
    ).exclude(file_digest="")
    digests = list(old.values_list("file_digest", flat=True)[:100])
    if not digests:
        return
    old.filter(file_digest__in=digests).update(file_digest="")
    # The same posters made twice are one file.
    still = set(PosterBatch.objects.filter(file_digest__in=digests).values_list("file_digest", flat=True))
    for digest in set(digests) - still:
        transaction.on_commit(partial(path_of(digest).unlink, missing_ok=True))


def folder_of(batch_id: int) -> Path:
    """Where a batch's parts lie until it is done."""
    return Path(settings.MEDIA_ROOT) / "posters" / str(batch_id)


def draw_batch(batch_id: int, *, at_a_time: int = AT_A_TIME) -> None:
    """Draw what of a batch is not drawn yet and put it together. Called by a worker; safe to call again at any point.

    Each step is a file of its own, written whole or not at all, and only then counted. What goes wrong is told on the
    batch's page without its details, and raised for the worker's log.
    """
    batch = PosterBatch.objects.filter(pk=batch_id).first()
    if batch is None or batch.state in {PosterBatch.State.DONE, PosterBatch.State.FAILED}:
        return
    try:
        _draw(batch, at_a_time)
    except Exception:
        PosterBatch.objects.filter(pk=batch_id).update(
            state=PosterBatch.State.FAILED, failure=NOT_DRAWN, finished_at=timezone.now()
        )
        raise


def _draw(batch: PosterBatch, at_a_time: int) -> None:
    PosterBatch.objects.filter(pk=batch.pk).update(state=PosterBatch.State.RUNNING)
    folder = folder_of(batch.pk)
    folder.mkdir(parents=True, exist_ok=True)
    stations = stations_in_order(batch.station_ids)
    parts: list[tuple[Path, int]] = []
    for start in range(0, len(stations), at_a_time):
        few = stations[start : start + at_a_time]
        part = folder / f"{start:05}-{len(few):03}.pdf"
        if not part.exists():
            _write(part, draw_stations(few, batch))
        parts.append((part, len(few)))
        PosterBatch.objects.filter(pk=batch.pk).update(done=start + len(few))
    whole = posters.join(parts, size=batch.size)
    digest = keep_bytes(whole)
    PosterBatch.objects.filter(pk=batch.pk).update(
        state=PosterBatch.State.DONE, file_digest=digest, finished_at=timezone.now(), done=batch.total
    )
    shutil.rmtree(folder, ignore_errors=True)
    log.info("posters_drawn", batch=batch.pk, stations=len(stations), size=len(whole))


def draw_stations(stations: Sequence[Workstation], batch: PosterBatch) -> bytes:
    """The posters of some of a batch's stations. One query."""
    today = timezone.localtime(batch.asked_at).date()
    shifts = shifts_of_month([station.pk for station in stations], today)
    sheets = [
        posters.sheet_of(
            station,
            shifts.get(station.pk, []),
            address=raise_address(batch.base_url, station),
            language=batch.language,
            today=today,
        )
        for station in stations
    ]
    return posters.draw(sheets, size=batch.size)


def raise_address(base_url: str, station: Workstation) -> str:
    """Where a station's code leads."""
    from django.urls import reverse

    return f"{base_url}{reverse('raise')}?station={station.code}"


def _write(target: Path, data: bytes) -> None:
    draft = target.with_suffix(".draft")
    with draft.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(target)
