"""Step 6, rate (大家评事): ratings, reopening by right, escalation, follow-up. Silence is never "satisfied"."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from psycopg.types.numeric import Int8

from tongxin.accounts.roles import Role
from tongxin.core import ledger
from tongxin.core.actor import Actor
from tongxin.core.models import Receipt
from tongxin.core.prepared import Prepared
from tongxin.core.redaction import find_personal_data, redact
from tongxin.core.together import Write, insertion
from tongxin.matters.actions.raising import receipt_body, receipt_event
from tongxin.matters.actions.step import SYSTEM_LABEL, NotAllowed, lock_matter, take
from tongxin.matters.models import Matter, Outcome, Rating
from tongxin.matters.rules import is_lead_unit, may_be_rated

SYSTEM = Actor(role=Role.SYSTEM, label=SYSTEM_LABEL)
RATED = "matter.rated_by"

_receipt = Prepared(lambda pk: Receipt.objects.filter(pk=pk), pk=int)
_given = Prepared(
    lambda matter, turn, key: Rating.objects.filter(matter_id=matter, round=turn, rater_key=key).order_by(),
    matter=int,
    turn=int,
    key=str,
)


class AlreadyRated(Exception):
    """One person, one rating a round; ``rating`` is the one given."""

    def __init__(self, rating: Rating) -> None:
        self.rating = rating
        super().__init__("already rated in this round")


def rater_of(matter: Matter, actor: Actor, receipt: Receipt | None = None) -> tuple[str, str] | None:
    """As what the actor may rate, and the key that keeps them to one rating a round; None when they may not.

    ``receipt`` is the actor's own, when the caller has it already.

    The raiser (and whoever joined or was merged in), participants, members and the handling unit rate. A passer-by
    who never took part does not.
    """
    if actor.receipt_id is not None:
        if receipt is None or receipt.pk != actor.receipt_id:
            receipt = _receipt.first(pk=actor.receipt_id)
        if receipt is None:
            return None
        own = receipt.dossier_id == matter.pk
        merged = (
            not own
            and receipt.role == "raise"
            and Matter.objects.filter(pk=receipt.dossier_id, survivor_id=matter.pk).exists()
        )
        if not own and not merged:
            return None
        raised = receipt.pk == matter.receipt_id
        return (Rating.Rater.RAISER if raised else Rating.Rater.PARTICIPANT), f"r{receipt.pk}"
    if actor.user_id is not None:
        if is_lead_unit(actor, matter):
            return Rating.Rater.UNIT, f"unit{matter.lead_unit_id}"
        if actor.has(Role.MEMBER):
            return Rating.Rater.MEMBER, f"u{actor.user_id}"
    return None


def rate_matter(
    matter: Matter,
    *,
    actor: Actor,
    solved: str,
    attitude: int,
    result: int,
    words: str = "",
    receipt: Receipt | None = None,
    at: datetime | None = None,
) -> Rating:
    """Rate what was done: solved or not, attitude, result, in words.

    The raiser's "not solved" or low score reopens the matter at once by right; when that right is used, it escalates.
    Others' ratings count at the end of the period. ``receipt`` is the actor's own, when the caller has it already.
    Raises :class:`AlreadyRated` or :class:`NotAllowed`.
    """
    rating = Rating(
        solved=solved,
        attitude=attitude,
        result=result,
        words=words,
        public_words=redact(words, find_personal_data(words)),
        at=at or timezone.now(),
    )
    try:
        return _rated_as_seen(matter, rating, actor, receipt) or _rate(matter, rating, actor, receipt)
    except IntegrityError:
        # One rating a person and round is the database's own rule; asking first would cost a query each time.
        earlier = _given.first(matter=matter.pk, turn=rating.round, key=rating.rater_key)
        if earlier is None:
            raise
        raise AlreadyRated(earlier) from None


def _rated_as_seen(matter: Matter, rating: Rating, actor: Actor, receipt: Receipt | None) -> Rating | None:
    """Rate the matter as the caller read it, in one statement and without a lock; None when that doesn't do.

    The usual case: nobody did anything to it since, and the rating leads to nothing but a tally.
    """
    who = rater_of(matter, actor, receipt)
    if who is None or not may_be_rated(matter) or not ledger.hashes_itself():
        return None
    _ascribe(rating, matter, who)
    if _sends_back(rating):
        return None
    is_written = ledger.append_given(
        _tally(matter, rating),
        RATED,
        body=receipt_body(matter, _facts(rating)),
        at=rating.at,
        dossier_id=matter.pk,
        along=[insertion(rating, given="tallied")],
    )
    return rating if is_written else None


@transaction.atomic
def _rate(matter: Matter, rating: Rating, actor: Actor, receipt: Receipt | None) -> Rating:
    matter = lock_matter(matter, seen_version=None)
    who = rater_of(matter, actor, receipt)
    if who is None or not may_be_rated(matter):
        raise NotAllowed("rate")
    _ascribe(rating, matter, who)
    if _sends_back(rating):
        rating.save(force_insert=True)
        _send_back(matter, actor=actor, reason=rating.public_words, at=rating.at, trigger="raiser")
    else:
        along = [insertion(rating), _tally(matter, rating)]
        receipt_event(RATED, matter, at=rating.at, data=_facts(rating), along=along)
    return rating


def _ascribe(rating: Rating, matter: Matter, who: tuple[str, str]) -> None:
    rating.matter, rating.round = matter, matter.rating_round
    rating.rater, rating.rater_key = who


def _sends_back(rating: Rating) -> bool:
    """The raiser's "not solved" or low score: the matter goes back at once."""
    unhappy = rating.solved == Rating.Solved.NO or rating.result <= settings.TONGXIN["low_score"]
    return rating.rater == Rating.Rater.RAISER and unhappy


def _facts(rating: Rating) -> dict[str, Any]:
    return {
        "round": rating.round,
        "rater": rating.rater,
        "solved": rating.solved,
        "attitude": rating.attitude,
        "result": rating.result,
    }


def _tally(matter: Matter, rating: Rating) -> Write:
    """Count the rating in, if nobody acted on the matter since it was read; returns a row then.

    The unit's view of itself is shown beside the score, never in it.
    """
    counted = int(rating.rater != Rating.Rater.UNIT)
    added = (
        counted,
        counted * (rating.solved == Rating.Solved.YES),
        counted * (rating.solved == Rating.Solved.PARTLY),
        counted * rating.attitude,
        counted * rating.result,
    )
    return Write(_TALLY, tuple(map(Int8, (*added, matter.pk, matter.version))), "tallied")


_TALLY = (
    "UPDATE matters_matter SET rating_count = rating_count + %s, solved_count = solved_count + %s, "
    "partly_count = partly_count + %s, attitude_sum = attitude_sum + %s, result_sum = result_sum + %s "
    "WHERE dossier_id = %s AND version = %s RETURNING dossier_id"
)


def _send_back(matter: Matter, *, actor: Actor, reason: str, at: datetime, trigger: str) -> None:
    """Reopen once by right, then escalate. The outcome so far is "not solved" until people say otherwise."""
    matter.outcome = ""
    clear_tallies(matter)
    if matter.reopen_count < settings.TONGXIN["reopens_by_right"]:
        take(matter, "reopen", actor=actor, at=at, artefact=trigger, text=reason, data={"trigger": trigger})
        matter.reopen_count += 1
        matter.save(update_fields=["reopen_count"])
    else:
        take(matter, "escalate", actor=actor, at=at, artefact=trigger, text=reason, data={"trigger": trigger})


@transaction.atomic
def close_rating(
    matter: Matter, *, actor: Actor, seen_version: int | None, at: datetime | None = None
) -> Matter:
    """End a rating period: close and wait for the follow-up, or send back when most raters say "not solved"."""
    at = at or timezone.now()
    matter = lock_matter(matter, seen_version=seen_version)
    if mostly_unsolved(matter):
        _send_back(matter, actor=actor, reason="", at=at, trigger="majority")
        return matter
    matter.outcome = outcome_of(matter)
    name = "close" if matter.state == "following_up" else "close_rating"
    take(matter, name, actor=actor, at=at, data=tallies(matter))
    return matter


def mostly_unsolved(matter: Matter) -> bool:
    """At least three raters and most of them say "not solved", or their mean result is a low score."""
    if matter.rating_count < 3:
        return False
    unsolved = matter.rating_count - matter.solved_count - matter.partly_count
    return (
        2 * unsolved > matter.rating_count
        or matter.result_sum <= settings.TONGXIN["low_score"] * matter.rating_count
    )


def outcome_of(matter: Matter) -> str:
    """How it ended, by what people said: nobody rated means answered, never solved."""
    if matter.rating_count == 0:
        return Outcome.ANSWERED
    if 2 * matter.solved_count > matter.rating_count:
        return Outcome.SOLVED
    if 2 * (matter.solved_count + matter.partly_count) > matter.rating_count:
        return Outcome.PARTLY
    return Outcome.UNSOLVED


def clear_tallies(matter: Matter) -> None:
    """The scores shown are those of the round that counts: sent back, a matter begins at nothing again."""
    matter.rating_count = matter.solved_count = matter.partly_count = 0
    matter.attitude_sum = matter.result_sum = 0


def tallies(matter: Matter) -> dict[str, int]:
    """The figures of the round, with its sample size."""
    return {
        "ratings": matter.rating_count,
        "solved": matter.solved_count,
        "partly": matter.partly_count,
        "attitude_sum": matter.attitude_sum,
        "result_sum": matter.result_sum,
        "round": matter.rating_round,
    }


@transaction.atomic
def start_follow_up(
    matter: Matter, *, actor: Actor, seen_version: int | None, at: datetime | None = None
) -> Matter:
    """Thirty days on, ask again whether it is really solved."""
    matter = lock_matter(matter, seen_version=seen_version)
    matter.rating_round += 1
    take(matter, "follow_up", actor=actor, at=at, data=tallies(matter))
    return matter


@transaction.atomic
def reopen_matter(
    matter: Matter, *, actor: Actor, reason: str, seen_version: int | None, at: datetime | None = None
) -> Matter:
    """The office (or the raiser by tracking code) reopens by right; once that is used, it escalates."""
    matter = lock_matter(matter, seen_version=seen_version)
    _send_back(matter, actor=actor, reason=reason, at=at or timezone.now(), trigger=str(actor.role))
    return matter


@transaction.atomic
def redo_escalated(
    matter: Matter,
    *,
    actor: Actor,
    reason: str,
    workdays: int,
    seen_version: int | None,
    at: datetime | None = None,
) -> Matter:
    """A leader has the matter done again, with a deadline."""
    matter = lock_matter(matter, seen_version=seen_version)
    take(
        matter,
        "redo",
        actor=actor,
        at=at,
        artefact=reason or None,
        text=reason,
        data={"workdays": workdays},
        days=workdays,
    )
    return matter


@transaction.atomic
def explain_escalated(
    matter: Matter, *, actor: Actor, reason: str, seen_version: int | None, at: datetime | None = None
) -> Matter:
    """A leader explains in public why no more can be done; the matter ends as not solved, and is still followed up."""
    matter = lock_matter(matter, seen_version=seen_version)
    matter.outcome = Outcome.UNSOLVED
    take(matter, "explain_escalation", actor=actor, at=at, artefact=reason or None, text=reason)
    return matter
