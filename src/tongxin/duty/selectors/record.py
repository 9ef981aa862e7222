"""Reads of the duty diary and of yearly records. Each says how many queries it takes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Count, Max, Prefetch, Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from tongxin.accounts.roles import Role
from tongxin.core.actor import Actor
from tongxin.core.models import Attachment, Entry
from tongxin.core.process import Publication
from tongxin.deliberation.hosts import registered_hosts
from tongxin.directory.models import DutyShift, Member, Posting
from tongxin.duty.diary_words import sentence_of, time_of
from tongxin.duty.models import Contest, DiaryEntry, DutyRecord, Reception
from tongxin.duty.rules_record import levels_for, may_read_entry, may_read_record
from tongxin.duty.selectors.desk import visible_threads
from tongxin.duty.selectors.visits import visible_visits

PAGE = 30
SHARED = 10
"""Fewer on a member's public page: where to meet them stands below on a phone."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Source:
    """What an entry is about, as far as the reader may see it."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as a page shows it to one reader."""

    entry: DiaryEntry
    sentence: str
    when: str
    url: str
    photos: Sequence[Attachment]
    contest: Contest | None = None

    @property
    def day(self) -> date:
        """Its day in local time."""
        return timezone.localdate(self.entry.at)

    @property
    def month(self) -> date:
        """The first day of its month, for grouping."""
        return self.day.replace(day=1)


@dataclass(frozen=True, slots=True)
class DiaryPage:
    """A page of entries, newest first; ``after`` opens the next one, empty at the end."""

    rows: list[Shown]
    after: str


# members


def member_of(actor: Actor | None) -> Member | None:
    """The member in office that the actor is. One query, none for others."""
    if actor is None or actor.user_id is None or not actor.has(Role.MEMBER):
        return None
    return (
        Member.objects.filter(user_id=actor.user_id, is_active=True).select_related("sector", "user").first()
    )


def member_by_code(code: str, *, is_active: bool = True) -> Member | None:
    """The member with this number; by default only one in office. One query."""
    found = Member.objects.filter(code=code).select_related("sector", "committee", "user")
    return (found.filter(is_active=True) if is_active else found).first()


def stations_and_duty(member: Member, *, days: int = 14) -> tuple[list[Posting], list[DutyShift]]:
    """Where a member is posted, and their shifts of the next days, those running included. Two queries."""
    now = timezone.now()
    postings = member.postings.filter(station__is_active=True).select_related("station__area")
    shifts = DutyShift.objects.filter(
        member=member, station__is_active=True, ends_at__gt=now, starts_at__lt=now + timedelta(days=days)
    ).select_related("station")
    return list(postings), list(shifts[:40])


# entries


def visible_entries(actor: Actor | None, member: Member) -> QuerySet[DiaryEntry]:
    """A member's entries that the actor may read, without those taken out."""
    return DiaryEntry.objects.filter(
        record__member=member, withdrawn_at=None, publication__in=levels_for(actor, member)
    )


def diary_page(
    actor: Actor | None,
    member: Member,
    *,
    year: int | None = None,
    kind: str = "",
    after: str = "",
    size: int = PAGE,
) -> DiaryPage:
    """A member's entries, newest first, of a year or kind, paged by keyset. At most eight queries."""
    entries = visible_entries(actor, member)
    if year is not None:
        entries = entries.filter(record__year=year)
    if kind in DiaryEntry.Kind.values:
        entries = entries.filter(kind=kind)
    return _paged(actor, member, entries, after=after, size=size)


def shared_page(actor: Actor | None, member: Member, *, after: str = "", size: int = SHARED) -> DiaryPage:
    """The entries that the member shares with this reader, without those kept to the member and the office."""
    entries = visible_entries(actor, member).exclude(publication=Publication.INTERNAL)
    return _paged(actor, member, entries, after=after, size=size)


def _paged(
    actor: Actor | None, member: Member, entries: QuerySet[DiaryEntry], *, after: str, size: int
) -> DiaryPage:
    seen = _read_cursor(after)
    if seen:
        entries = entries.filter(Q(at__lt=seen[0]) | Q(at=seen[0], pk__lt=seen[1]))
    rows = list(_for_page(entries).order_by("-at", "-pk")[: size + 1])
    more = len(rows) > size
    rows = rows[:size]
    return DiaryPage(show(actor, member, rows), _cursor(rows[-1]) if more else "")


def _for_page(entries: QuerySet[DiaryEntry]) -> QuerySet[DiaryEntry]:
    is_open = Contest.objects.filter(state=Contest.State.OPEN)
    return entries.select_related("source").prefetch_related(
        "photos", Prefetch("contests", queryset=is_open, to_attr="open_contests")
    )


def _cursor(entry: DiaryEntry) -> str:
    return f"{(entry.at - EPOCH) // timedelta(microseconds=1)}-{entry.pk}"


def _read_cursor(cursor: str) -> tuple[datetime, int] | None:
    stamp, _dash, last = cursor.partition("-")
    if not (stamp.isdecimal() and last.isdecimal() and len(stamp) < 18 and len(last) < 18):
        return None
    try:
        return EPOCH + timedelta(microseconds=int(stamp)), int(last)
    except OverflowError:
        return None


def show(actor: Actor | None, member: Member, entries: Sequence[DiaryEntry]) -> list[Shown]:
    """Entries with their sentences and links for this reader. A query for each kind of source, three at the most."""
    sources = _sources(actor, entries)
    closed = Source("", "")
    is_inside = may_read_record(actor, member)
    rows = []
    for entry in entries:
        source = sources.get(entry.source_id or 0, closed)
        contests = getattr(entry, "open_contests", ()) if is_inside else ()
        rows.append(
            Shown(
                entry,
                sentence_of(entry, source.title),
                time_of(entry),
                source.url or _station_url(entry),
                list(entry.photos.all()),
                contests[0] if contests else None,
            )
        )
    return rows


def _sources(actor: Actor | None, entries: Sequence[DiaryEntry]) -> dict[int, Source]:
    by_kind: dict[str, set[int]] = {}
    for entry in entries:
        if entry.source_id is not None and entry.source is not None:
            by_kind.setdefault(entry.source.kind, set()).add(entry.source_id)
    found: dict[int, Source] = {}
    hosts = registered_hosts()
    for kind, ids in by_kind.items():
        if kind in hosts:
            host = hosts[kind]
            for pk, record in host.find_many(ids, actor).items():
                is_public = record.publication == Publication.PUBLIC
                found[pk] = Source(host.title(record), (host.url if is_public else host.work_url)(record))
        elif kind == "desk" and actor is not None:
            numbers = visible_threads(actor).filter(pk__in=ids).values_list("pk", "number")
            found |= {pk: Source("", _url("work_desk_thread", number)) for pk, number in numbers}
        elif kind == "visit" and actor is not None:
            visits = visible_visits(actor).filter(pk__in=ids).values_list("pk", flat=True)
            found |= {pk: Source("", _url("visit", pk)) for pk in visits}
        elif kind == "reception":
            numbers = Reception.objects.filter(pk__in=ids).values_list("pk", "number")
            found |= {pk: Source("", _url("reception", number)) for pk, number in numbers}
    return found


def _station_url(entry: DiaryEntry) -> str:
    """A shift is no record of its own: its entry leads to the station's page with its duty list."""
    code = str(entry.data.get("code", "")) if entry.kind == DiaryEntry.Kind.DUTY else ""
    return _url("station", code) if code else ""


def _url(name: str, argument: str | int) -> str:
    try:
        return reverse(name, args=[argument])
    except NoReverseMatch:
        return ""


def entry_for(actor: Actor | None, pk: int) -> DiaryEntry | None:
    """One entry when the actor may read it. At most four queries."""
    entry = _for_page(
        DiaryEntry.objects.filter(pk=pk).select_related("record__member__sector", "record__member__user")
    ).first()
    return entry if entry is not None and may_read_entry(actor, entry) else None


def history_of(entry: DiaryEntry, limit: int = 30) -> list[Entry]:
    """What happened to an entry, newest first, with the wordings it had. One query."""
    lines = Entry.objects.filter(dossier_id=entry.record_id, data__entry=entry.pk)
    return list(lines.order_by("-pk")[:limit])


def contests_of(entry: DiaryEntry) -> list[Contest]:
    """The contests of an entry, newest first. One query."""
    return list(entry.contests.all()[:20])


def may_read_photo(
    actor: Actor | None, dossier_id: int, attachment: Attachment, _receipts: Collection[int]
) -> bool:
    """Whether somebody may read a file of a record: as the entry it stands in. One query."""
    entry = (
        DiaryEntry.objects.filter(record_id=dossier_id, photos=attachment)
        .select_related("record__member")
        .first()
    )
    return entry is not None and may_read_entry(actor, entry)


# records


def record_years(member: Member) -> list[int]:
    """The years a member has a record of, the newest first. One query."""
    return list(DutyRecord.objects.filter(member=member).values_list("year", flat=True))


def record_of_year(member: Member, year: int) -> DutyRecord | None:
    """A member's record of a year. One query."""
    return DutyRecord.objects.filter(member=member, year=year).first()


@dataclass(frozen=True, slots=True)
class Total:
    """How many entries of a kind there are; ``matters`` are how many different ones they are about."""

    kind: DiaryEntry.Kind
    count: int
    matters: int


def totals_of(record: DutyRecord) -> list[Total]:
    """Entries by kind, without those taken out, in the order of the kinds. One query."""
    rows = (
        record.entries.filter(withdrawn_at=None)
        .values("kind")
        .order_by("kind")
        .annotate(count=Count("pk"), matters=Count("source", distinct=True))
    )
    found = {row["kind"]: row for row in rows}
    return [
        Total(kind, found[kind]["count"], found[kind]["matters"] if kind == DiaryEntry.Kind.MATTER else 0)
        for kind in DiaryEntry.Kind
        if kind in found
    ]


MOST_IN_PAPER = 2000


def entries_of_year(actor: Actor, record: DutyRecord) -> list[Shown]:
    """A whole year's entries in the order of their days, for its papers. At most six queries."""
    entries = _for_page(record.entries.filter(withdrawn_at=None)).order_by("at", "pk")
    return show(actor, record.member, list(entries[:MOST_IN_PAPER]))


def scored_entries(record: DutyRecord) -> list[DiaryEntry]:
    """A year's entries as far as scores need them. One query."""
    return list(record.entries.filter(withdrawn_at=None).order_by("pk")[: MOST_IN_PAPER * 2])


@dataclass(frozen=True, slots=True)
class RecordsPage:
    """Members with how many entries and open contests of a year each has; ``after`` opens the next page."""

    members: list[Member]
    after: str


def records_page(*, year: int, words: str = "", after: str = "", size: int = PAGE) -> RecordsPage:
    """Members in office by their number, never by how much they did, with the year's counts. One query."""
    of_year = Q(duty_records__year=year)
    members = (
        Member.objects.filter(is_active=True)
        .select_related("sector")
        .annotate(
            entry_count=Count(
                "duty_records__entries",
                filter=of_year & Q(duty_records__entries__withdrawn_at=None),
                distinct=True,
            ),
            last_at=Max(
                "duty_records__entries__at",
                filter=of_year & Q(duty_records__entries__withdrawn_at=None),
            ),
            open_count=Count(
                "duty_records__contests",
                filter=of_year & Q(duty_records__contests__state=Contest.State.OPEN),
                distinct=True,
            ),
        )
    )
    for word in words.split()[:5]:
        members = members.filter(
            Q(name__icontains=word) | Q(code__iexact=word) | Q(sector__name__icontains=word)
        )
    if after:
        members = members.filter(code__gt=after[:16])
    rows = list(members.order_by("code")[: size + 1])
    more = len(rows) > size
    rows = rows[:size]
    return RecordsPage(rows, rows[-1].code if more else "")


# contests


def open_contest_count() -> int:
    """How many contests wait for the office. One query."""
    return Contest.objects.filter(state=Contest.State.OPEN).count()


@dataclass(frozen=True, slots=True)
class ContestPage:
    """A page of contests; ``after`` opens the next one, empty at the end."""

    contests: list[Contest]
    after: str


def contests_page(
    *, member: Member | None = None, is_open: bool = False, after: str = "", size: int = PAGE
) -> ContestPage:
    """Contests: all for the office, open ones oldest first, else newest first; or one member's. One query."""
    contests = Contest.objects.select_related("record__member", "entry")
    if member is not None:
        contests = contests.filter(record__member=member)
    if is_open:
        contests = contests.filter(state=Contest.State.OPEN)
    if after.isdecimal() and len(after) < 18:
        contests = contests.filter(pk__gt=int(after)) if is_open else contests.filter(pk__lt=int(after))
    rows = list(contests.order_by("pk" if is_open else "-pk")[: size + 1])
    more = len(rows) > size
    rows = rows[:size]
    return ContestPage(rows, str(rows[-1].pk) if more else "")


def contest_for(actor: Actor, pk: int) -> Contest | None:
    """One contest, for the member and the office. One query."""
    contest = (
        Contest.objects.filter(pk=pk)
        .select_related("record__member__user", "entry__source", "entry__record__member")
        .first()
    )
    return contest if contest is not None and may_read_record(actor, contest.record.member) else None


def contests_of_year(record: DutyRecord, limit: int = 100) -> list[Contest]:
    """The contests of a year's record, newest first. One query."""
    return list(record.contests.select_related("entry")[:limit])
