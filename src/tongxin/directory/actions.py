"""Writes of the directory. Each appends a ledger entry with counts only: names of people never enter the chain."""

from datetime import datetime, timedelta
from hashlib import sha256

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.core import ledger
from tongxin.core.actor import Actor
from tongxin.directory.importing.kinds import KINDS
from tongxin.directory.importing.planning import Plan, Table, make_plan, read_table
from tongxin.directory.importing.tables import Lookups
from tongxin.directory.models import ImportBatch
from tongxin.directory.rules import may_import

KEPT_DAYS = 7
"""Calendar days for which an uploaded table waits to be confirmed; then its rows, which name people, are dropped."""


class NotAllowed(Exception):
    """The actor may not do this; for them it doesn't exist."""


class Refused(Exception):
    """The act breaks a rule; ``reason`` is text for the reader."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class DirectoryChanged(Exception):
    """The directory is no longer as the dry run showed it; ``plan`` is what would happen now."""

    def __init__(self, plan: Plan | None = None) -> None:
        self.plan = plan
        super().__init__("the directory changed since the dry run")


def _hold_directory() -> None:
    """Let one writer of the directory in at a time, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('tongxin.directory', 0))")


def _record(kind: str, at: datetime, **counts: int) -> int:
    return ledger.append_now("directory.changed", body={"kind": kind, **counts}, at=at)


@transaction.atomic
def upload_table(
    kind_code: str, file_name: str, data: bytes, *, actor: Actor, at: datetime | None = None
) -> ImportBatch:
    """Keep an uploaded table for its dry run; the directory is not touched.

    The office and the system administrator may. Raises ``Unreadable`` with a reason for the reader.
    """
    if not may_import(actor) or kind_code not in KINDS:
        raise NotAllowed
    at = at or timezone.now()
    table = read_table(KINDS[kind_code], file_name, data)
    counts = make_plan(KINDS[kind_code], table).counts
    ImportBatch.objects.filter(
        status=ImportBatch.Status.WAITING, uploaded_at__lt=at - timedelta(days=KEPT_DAYS)
    ).update(status=ImportBatch.Status.CANCELLED, rows=[], settled_at=at)
    return ImportBatch.objects.create(
        kind=kind_code,
        file_name="".join(c for c in file_name if c.isprintable())[-120:],
        file_digest=sha256(data).hexdigest(),
        columns={"names": table.columns, "ignored": table.ignored},
        rows=[[number, *cells] for number, cells in table.rows],
        row_count=len(table.rows),
        counts=counts,
        uploaded_at=at,
        uploaded_by_id=actor.user_id,
    )


def plan_of(batch: ImportBatch) -> Plan:
    """What a waiting table would do to the directory as it is now. Reads only."""
    table = Table(
        batch.columns["names"], [(row[0], row[1:]) for row in batch.rows], batch.columns.get("ignored", [])
    )
    return make_plan(KINDS[batch.kind], table)


def confirm_import(
    batch_id: int, *, actor: Actor, seen_digest: str, at: datetime | None = None
) -> ImportBatch:
    """Do what the dry run showed, all of it in one transaction, and append one ledger entry.

    ``seen_digest`` is the plan's digest on the page that was confirmed: when the directory has changed since, raises
    :class:`DirectoryChanged` and changes nothing. Confirming twice does it once. Raises :class:`Refused` when the
    table has faults, does nothing, or was given up.
    """
    if not may_import(actor):
        raise NotAllowed
    try:
        with transaction.atomic():
            return _confirm(batch_id, seen_digest, at or timezone.now())
    except IntegrityError:
        # Somebody wrote between the plan and the write by another way than this module.
        raise DirectoryChanged from None


def _confirm(batch_id: int, seen_digest: str, at: datetime) -> ImportBatch:
    _hold_directory()
    batch = ImportBatch.objects.select_for_update().get(pk=batch_id)
    if batch.status == ImportBatch.Status.APPLIED:
        return batch
    if batch.status == ImportBatch.Status.CANCELLED:
        raise Refused(_("这次导入已经放弃，请重新上传。"))
    plan = plan_of(batch)
    if plan.digest != seen_digest:
        raise DirectoryChanged(plan)
    if not plan.may_be_confirmed:
        raise Refused(_("表里还有错误，或没有要改的内容，不能导入。"))
    _apply(plan)
    batch.status, batch.settled_at, batch.rows, batch.counts = ImportBatch.Status.APPLIED, at, [], plan.counts
    batch.save()
    counts = {name: plan.counts[name] for name in ("created", "changed", "removed")}
    _record(batch.kind, at, **counts)
    return batch


def _apply(plan: Plan) -> None:
    kind, manager = plan.kind, plan.kind.model._default_manager
    removed = [change.row.pk for change in plan.of("remove")]
    manager.filter(pk__in=removed).delete()
    lookups = Lookups()
    for wave in kind.waves([change.row for change in plan.of("create")]):
        if wave:
            manager.bulk_create(
                [kind.model(**kind.fields(row.final, lookups)) for row in wave], batch_size=1000
            )
            lookups = Lookups()
    changes = {change.row.pk: change.row for change in plan.of("change")}
    names: set[str] = set()
    records = list(manager.filter(pk__in=list(changes)))
    for record in records:
        for name, value in kind.fields(changes[record.pk].final, lookups).items():
            if getattr(record, name) != value:
                names.add(name)
                setattr(record, name, value)
    if names:
        fields = {field.attname: field.name for field in kind.model._meta.concrete_fields}
        # An upsert by primary key: twenty thousand rows in seconds, where bulk_update takes more than a minute.
        manager.bulk_create(
            records,
            batch_size=1000,
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=sorted(fields[name] for name in names),
        )


@transaction.atomic
def cancel_import(batch_id: int, *, actor: Actor, at: datetime | None = None) -> ImportBatch:
    """Give a waiting table up; its rows are dropped. A table already imported stays imported."""
    if not may_import(actor):
        raise NotAllowed
    batch = ImportBatch.objects.select_for_update().get(pk=batch_id)
    if batch.status == ImportBatch.Status.WAITING:
        batch.status, batch.rows, batch.settled_at = ImportBatch.Status.CANCELLED, [], at or timezone.now()
        batch.save()
    return batch
