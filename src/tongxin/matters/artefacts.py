"""Reads of what the steps of one matter left behind: everything its page shows beside history and comments, at once.

One query whatever there is: each part is an array the database puts together, so a page costs the same with one
meeting or ten.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Avg, Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from tongxin.accounts.roles import Role
from tongxin.core.actor import Actor
from tongxin.core.models import Attachment, ClockEvent, Entry, LedgerEntry
from tongxin.core.prepared import Prepared
from tongxin.deliberation.models import Attendance, Comment, Meeting, View
from tongxin.matters.models import Handling, HelpOffer, Matter, Objection, Rating
from tongxin.matters.rules import (
    is_liaison,
    is_office,
    is_principal,
    is_raiser,
    may_read_raiser,
)

TOLD_TO_RAISER = (
    "matter.more_asked",
    "matter.more_given",
    "matter.withdrawn",
    "matter.merged",
    "matter.referred",
    "matter.declined",
    "clock.reworked",
)
"""Internal entries that are addressed to the person who raised the matter, or say when it is due."""
COMMENTS_A_PAGE = 20


@dataclass(frozen=True, slots=True)
class PhotoData:
    """An attachment that is a picture."""

    token: str
    entry_id: int | None
    stage: str
    description: str
    width: int | None
    height: int | None
    publication: str


@dataclass(frozen=True, slots=True)
class ViewData:
    """A view of the minutes, with its answer once that is public."""

    pk: int
    meeting_id: int | None
    kind: str
    by_role: str
    text: str
    answer: str
    became: str | None  # the number of the public matter it became


@dataclass(frozen=True, slots=True)
class MeetingData:
    """A meeting with its attendance (role, count, public names)."""

    pk: int
    starts_at: datetime
    place: str
    agenda: str
    capacity: int
    sign_up_count: int
    short_notice_reason: str
    has_minutes: bool
    is_cancelled: bool
    cancelled_reason: str
    attendance: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ClockData:
    """Something that happened to the clock between its start and its end."""

    kind: str
    at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class AnsweredData:
    """An objection or an offer of help, with its answer."""

    pk: int
    by_label: str
    text: str
    at: datetime
    answer: str


@dataclass(frozen=True, slots=True)
class RatingData:
    """What one kind of rater said in the round that counts: how many, and the means of 1 to 5."""

    rater: str
    count: int
    solved: int
    partly: int
    attitude: float
    result: float


@dataclass(frozen=True, slots=True)
class Artefacts:
    """Everything the page of a matter shows beside its own row, its history and its comments."""

    photos: list[PhotoData] = field(default_factory=list)
    meetings: list[MeetingData] = field(default_factory=list)
    views: list[ViewData] = field(default_factory=list)
    objections: list[AnsweredData] = field(default_factory=list)
    help_offers: list[AnsweredData] = field(default_factory=list)
    ratings: list[RatingData] = field(default_factory=list)
    rating_words: list[dict[str, Any]] = field(default_factory=list)
    units: list[dict[str, Any]] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)
    clocks: list[ClockData] = field(default_factory=list)
    ledger_count: int = 0
    ledger_seq: int = 0
    ledger_digest: str = ""


def sees_internal(actor: Actor | None, matter: Matter) -> bool:
    """Whether the actor reads the internal history: those who dealt with the raiser, and the principals.

    Units, deciding bodies and conveners work with what is public: what passed between the raiser and the office
    never travels to them.
    """
    return actor is not None and any(holds(actor, matter) for holds in (is_office, is_liaison, is_principal))


_public_entries = Prepared(
    lambda dossier: Entry.objects.filter(dossier_id=dossier, publication="public").order_by("-pk"),
    dossier=int,
)


def entries_for(matter: Matter, actor: Actor | None = None) -> Iterable[Entry]:
    """The part of the history that the actor may read, newest first. One query."""
    if actor is None:
        return _public_entries.all(dossier=matter.pk)
    entries = Entry.objects.filter(dossier_id=matter.pk)
    if sees_internal(actor, matter):
        return entries
    seen = Q(publication="public")
    if actor is not None and actor.has(Role.MEMBER):
        seen |= Q(publication="members")
    if actor is not None and is_raiser(actor, matter):
        seen |= Q(event__in=TOLD_TO_RAISER)
    return entries.filter(seen)


def _moment(value: str) -> datetime:
    return datetime.fromisoformat(value)


def _objects(queryset: QuerySet[Any], **fields: Any) -> ArraySubquery:
    return ArraySubquery(queryset.values(found=JSONObject(**fields)))


COLUMNS = (
    "x_photos", "x_meetings", "x_views", "x_objections", "x_help", "x_ratings", "x_words", "x_units", "x_merged", "x_count",
    "x_newest", "x_clocks",
)  # fmt: skip


@cache
def _everything(is_insider: bool, is_own: bool) -> Prepared[Matter]:
    """The query behind :func:`read_artefacts`, for those who handle a matter, its raiser, and everybody else."""
    return Prepared(lambda pk: _parts(pk, is_insider, is_own), pk=int)


def _parts(pk: int, is_insider: bool, is_own: bool) -> Any:
    here = OuterRef("pk")
    photos = Attachment.objects.filter(dossier_id=here, media_type__startswith="image/")
    if not is_insider:
        shown = Q(publication="public")
        photos = photos.filter(shown | Q(stage="raised") if is_own else shown)
    ledger = LedgerEntry.objects.filter(dossier_id=here)
    attendance = _objects(
        Attendance.objects.filter(meeting_id=OuterRef("pk")),
        role=F("role"),
        count=F("count"),
        names=F("names"),
    )
    scores = (
        Rating.objects.filter(matter_id=here, round=OuterRef("rating_round"))
        .order_by()
        .values("rater")
        .annotate(
            n=Count("pk"),
            yes=Count("pk", filter=Q(solved="yes")),
            some=Count("pk", filter=Q(solved="partly")),
            mean_attitude=Avg("attitude"),
            mean_result=Avg("result"),
        )
    )
    return (
        Matter.objects.filter(pk=pk)
        .annotate(
            x_photos=_objects(
                photos.order_by("pk"),
                **{name: F(name) for name in PhotoData.__slots__},
            ),
            x_meetings=_objects(
                Meeting.objects.filter(dossier_id=here).order_by("starts_at"),
                pk=F("pk"),
                starts_at=F("starts_at"),
                place=F("place"),
                agenda=F("agenda"),
                capacity=F("capacity"),
                sign_up_count=F("sign_up_count"),
                short_notice_reason=F("short_notice_reason"),
                minutes_at=F("minutes_at"),
                cancelled_at=F("cancelled_at"),
                cancelled_reason=F("cancelled_reason"),
                attendance=attendance,
            ),
            x_views=_objects(
                View.objects.filter(dossier_id=here).order_by("pk"),
                **{name: F(name) for name in ViewData.__slots__ if name != "became"},
                became=F("became__matter__number"),
            ),
            x_objections=_objects(
                Objection.objects.filter(matter_id=here).order_by("pk"),
                pk=F("pk"),
                by_label=F("answered_by_label"),
                text=F("public_text"),
                at=F("at"),
                answer=F("answer"),
            ),
            x_help=_objects(
                HelpOffer.objects.filter(matter_id=here).order_by("pk"),
                pk=F("pk"),
                by_label=F("by_label"),
                text=F("public_text"),
                at=F("at"),
                answer=F("answer"),
            ),
            x_ratings=_objects(
                scores,
                rater=F("rater"),
                count=F("n"),
                solved=F("yes"),
                partly=F("some"),
                attitude=F("mean_attitude"),
                result=F("mean_result"),
            ),
            x_words=_objects(
                Rating.objects.filter(matter_id=here).exclude(public_words="").order_by("-pk")[:5],
                rater=F("rater"),
                solved=F("solved"),
                words=F("public_words"),
            ),
            x_units=_objects(
                Handling.objects.filter(matter_id=here, ended_at=None).order_by("role", "pk"),
                name=F("unit__name"),
                code=F("unit__code"),
                role=F("role"),
            ),
            x_merged=ArraySubquery(
                Matter.objects.filter(survivor_id=here).order_by("dossier_id").values("number")[:50]
            ),
            x_count=Subquery(ledger.order_by().values("dossier_id").annotate(n=Count("pk")).values("n")),
            x_clocks=_objects(
                ClockEvent.objects.filter(dossier_id=here, kind__in=["pause", "resume"]).order_by("pk"),
                **{name: F(name) for name in ClockData.__slots__},
            ),
            x_newest=_objects(ledger.order_by("-seq")[:1], seq=F("seq"), digest=F("digest")),
        )
        .values_list(*COLUMNS)
    )


def read_artefacts(matter: Matter, actor: Actor | None = None) -> Artefacts:
    """Everything the steps left behind that the actor may see. One query."""
    is_insider = sees_internal(actor, matter)
    is_own = actor is not None and is_raiser(actor, matter)
    columns = _everything(is_insider, is_own).rows(pk=matter.pk)[0]
    row = dict(zip(COLUMNS, columns, strict=True))
    # Answers to dissent are part of the decision and go public with it, after the office's preview.
    is_decided = is_insider or matter.objections_until is not None
    newest: dict[str, Any] = row["x_newest"][0] if row["x_newest"] else {"seq": 0, "digest": ""}
    return Artefacts(
        photos=[PhotoData(**photo) for photo in row["x_photos"]],
        meetings=[_meeting(meeting) for meeting in row["x_meetings"]],
        views=[
            ViewData(**{**view, "answer": view["answer"] if is_decided else ""}) for view in row["x_views"]
        ],
        objections=[AnsweredData(**{**one, "at": _moment(one["at"])}) for one in row["x_objections"]],
        help_offers=[AnsweredData(**{**one, "at": _moment(one["at"])}) for one in row["x_help"]],
        ratings=[RatingData(**one) for one in row["x_ratings"]],
        rating_words=row["x_words"],
        units=row["x_units"],
        merged=row["x_merged"],
        clocks=[ClockData(**{**one, "at": _moment(one["at"])}) for one in row["x_clocks"]],
        ledger_count=row["x_count"] or 0,
        ledger_seq=newest["seq"],
        ledger_digest=newest["digest"],
    )


def _meeting(found: dict[str, Any]) -> MeetingData:
    return MeetingData(
        pk=found["pk"],
        starts_at=_moment(found["starts_at"]),
        place=found["place"],
        agenda=found["agenda"],
        capacity=found["capacity"],
        sign_up_count=found["sign_up_count"],
        short_notice_reason=found["short_notice_reason"],
        has_minutes=found["minutes_at"] is not None,
        is_cancelled=found["cancelled_at"] is not None,
        cancelled_reason=found["cancelled_reason"],
        attendance=found["attendance"],
    )


class CommentValues(NamedTuple):
    """The columns of a comment as its page shows it."""

    pk: int
    author_label: str
    at: datetime
    stance: str
    text: str
    removed_at: datetime | None
    removed_by_label: str
    removed_reason: str


def _comments(dossier: int, before: int | None = None) -> Any:
    rows = Comment.objects.filter(dossier_id=dossier).order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return rows.values_list(*CommentValues._fields)[: COMMENTS_A_PAGE + 1]


_newest_comments = Prepared(_comments, dossier=int)
_earlier_comments = Prepared(_comments, dossier=int, before=int)


def comments_page(matter: Matter, before: str = "") -> tuple[list[CommentValues], str]:
    """The newest comments, or those before a comment's number; and the number to go on from. One query.

    Removed ones come along, so that the page can say by whom and why.
    """
    if before.isdecimal() and len(before) < 18:
        rows = _earlier_comments.rows(dossier=matter.pk, before=int(before))
    else:
        rows = _newest_comments.rows(dossier=matter.pk)
    found = [CommentValues(*row) for row in rows]
    more = str(found[COMMENTS_A_PAGE - 1].pk) if len(found) > COMMENTS_A_PAGE else ""
    return found[:COMMENTS_A_PAGE], more


def may_read_file(actor: Actor | None, matter: Matter, attachment: Attachment) -> bool:
    """Public files of a public matter are for everybody, the rest for those who handle it and for the raiser's own eyes."""
    if attachment.publication == "public" and matter.publication == "public":
        return True
    if actor is None:
        return False
    if attachment.stage == Attachment.Stage.RAISED:
        # What the raiser sent stays with the office and the station's liaison until it is made public.
        return may_read_raiser(actor, matter) or is_raiser(actor, matter)
    return sees_internal(actor, matter)
