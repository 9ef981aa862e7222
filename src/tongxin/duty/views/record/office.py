"""Yearly records for the office and the member, and a member's public page."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from tongxin.core.actor import Actor
from tongxin.core.documents import WRITERS, paper_response
from tongxin.core.pagecache import same_for_all
from tongxin.directory.models import Member
from tongxin.duty.diary_words import MEANINGS
from tongxin.duty.models import DiaryEntry, DutyRecord
from tongxin.duty.papers_record import yearly_record
from tongxin.duty.rules_record import is_office, is_own, may_read_record
from tongxin.duty.scores import score_of
from tongxin.duty.selectors import record as reads
from tongxin.duty.views.record.diary import year_asked
from tongxin.matters.views.work.access import staff_only

MOST_WORDS = 40


def _words(request: HttpRequest) -> str:
    text = "".join(c for c in request.GET.get("q", "") if c.isprintable())
    return " ".join(text.split())[:MOST_WORDS]


def _cursor(request: HttpRequest) -> str:
    value = request.GET.get("after", "")[:40]
    return value if value.isprintable() else ""


@require_safe
@staff_only
def records(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Members by their number with the year's counts, for the office. Nothing here sorts people by what they did."""
    if not is_office(actor):
        raise Http404
    this_year = timezone.localdate().year
    year, words, after = year_asked(request) or this_year, _words(request), _cursor(request)
    page = reads.records_page(year=year, words=words, after=after)
    context = {
        "members": page.members,
        "next_cursor": page.after,
        "has_previous": bool(after),
        "words": words,
        "year": year,
        "years": [this_year, this_year - 1, this_year - 2],
        "open_count": reads.open_contest_count(),
    }
    return render(request, "duty/record/records.html", context)


def _record(actor: Actor, code: str, year: int) -> tuple[Member, DutyRecord]:
    member = reads.member_by_code(code, is_active=False) if 2000 <= year < 2200 else None
    if member is None or not may_read_record(actor, member):
        raise Http404
    record = reads.record_of_year(member, year)
    if record is None:
        raise Http404
    record.member = member
    return member, record


@require_safe
@staff_only
def record(request: HttpRequest, actor: Actor, code: str, year: int) -> HttpResponse:
    """One member's record of a year: totals by kind with what they count, the entries, contests, the papers."""
    member, found = _record(actor, code, year)
    kind, after = request.GET.get("kind", "")[:12], _cursor(request)
    page = reads.diary_page(actor, member, year=year, kind=kind, after=after)
    score = score_of(reads.scored_entries(found))
    context = {
        "member": member,
        "year": year,
        "years": reads.record_years(member),
        "totals": [(total, MEANINGS[total.kind]) for total in reads.totals_of(found)],
        "rows": page.rows,
        "next_cursor": page.after,
        "has_previous": bool(after),
        "kinds": DiaryEntry.Kind.choices,
        "kind": kind if kind in DiaryEntry.Kind.values else "",
        "contests": reads.contests_of_year(found, limit=20),
        "score": score,
        "score_lines": [(DiaryEntry.Kind(line.rule.kind).label, line) for line in score.lines]
        if score
        else [],
        "is_own": is_own(actor, member),
        "is_office": is_office(actor),
    }
    return render(request, "duty/record/record.html", context)


@require_safe
@staff_only
def record_file(request: HttpRequest, actor: Actor, code: str, year: str, extension: str) -> HttpResponse:
    """The yearly record as Word or PDF, for the member and the office."""
    member, found = _record(actor, code, int(year))
    if extension not in WRITERS:
        raise Http404
    postings, _shifts = reads.stations_and_duty(member)
    paper = yearly_record(
        member,
        found.year,
        reads.totals_of(found),
        reads.entries_of_year(actor, found),
        reads.contests_of_year(found),
        stations=[posting.station.name for posting in postings],
    )
    return paper_response(paper, extension, name=f"履职档案-{member.code}-{year}")


@require_safe
@same_for_all
def member_page(request: HttpRequest, code: str) -> HttpResponse:
    """A member: where they can be met, when they are on duty, and what they let be read; more for signed-in members."""
    member = reads.member_by_code(code) if code.isprintable() else None
    if member is None:
        raise Http404
    actor = request.user.as_actor() if request.user.is_authenticated else None
    after = _cursor(request)
    # What only the member and the office may read has no place on a page that is shown around.
    page = reads.shared_page(actor, member, after=after)
    postings, shifts = reads.stations_and_duty(member)
    now = timezone.now()
    context = {
        "member": member,
        "postings": postings,
        "running": [shift for shift in shifts if shift.starts_at <= now],
        "shifts": [shift for shift in shifts if shift.starts_at > now],
        "rows": page.rows,
        "next_cursor": page.after,
        "has_previous": bool(after),
        "is_own": is_own(actor, member),
    }
    return render(request, "duty/record/member.html", context)
