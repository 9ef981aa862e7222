"""Conversations brought in from Polis's export format: everything or nothing."""

import csv
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from django.db import connection, transaction
from django.utils import timezone

from tongxin.core.actor import Actor
from tongxin.core.models import Instrument
from tongxin.core.redaction import find_personal_data, redact
from tongxin.deliberation.actions.conversations import NotConvener, NotDeliberating
from tongxin.deliberation.hosts import Host
from tongxin.deliberation.models import Conversation, Participant, Statement
from tongxin.deliberation.opinion.files import (
    MODERATED_OUT,
    Comment,
    NotAnExport,
    VotesRead,
    read_comments,
    read_votes,
)
from tongxin.deliberation.opinion.votes import Integers, vote_table
from tongxin.deliberation.waking import wake_map_after_commit

LONGEST, LONGEST_QUESTION = 400, 120
MOST_VOTES = 5_000_000
LARGEST_NUMBER = 2**31 - 1
LARGEST_STATEMENT = 1_000_000
AT_ONCE = 2000
ELSEWHERE = "原系统"


class NotEmpty(Exception):
    """The record has a conversation with votes; an import never mixes into it."""


@dataclass(frozen=True, slots=True)
class Export:
    """A read export: what will be imported, and ``remarks`` on what is changed or missing."""

    question: str
    introduction: str
    comments: list[Comment]
    participants: Integers
    statements: Integers
    values: Integers
    times: Integers
    masked: int = 0
    shortened: int = 0
    without_words: int = 0
    removed: int = 0
    repeated: int = 0
    people: int = field(default=0)


def read_export(folder: Path) -> Export:
    """Read ``votes.csv``, ``comments.csv`` and, where there is one, ``summary.csv``. Raises :class:`NotAnExport`."""
    try:
        votes = read_votes(_found(folder, "votes.csv"))
        comments = read_comments(_found(folder, "comments.csv"))
        facts = _facts(folder / "summary.csv")
    except (UnicodeDecodeError, csv.Error) as problem:
        raise NotAnExport(str(problem)) from problem
    return _checked(votes, comments, facts)


def _found(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.exists():
            return path
    raise NotAnExport(f"{name}: missing")


def _facts(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row[0]: row[1] for row in csv.reader(file) if len(row) > 1}


def _checked(votes: VotesRead, comments: list[Comment], facts: dict[str, str]) -> Export:
    if len(votes.votes) > MOST_VOTES:
        raise NotAnExport(f"votes.csv: more than {MOST_VOTES} votes")
    for name, ids, most in (
        ("comment-id", votes.statements, LARGEST_STATEMENT),
        ("voter-id", votes.participants, LARGEST_NUMBER),
    ):
        if len(ids) and (ids.min() < 0 or ids.max() > most):
            raise NotAnExport(f"votes.csv: a {name} is a number from 0 to {most}")
    if any(not 0 <= one.statement <= LARGEST_STATEMENT for one in comments):
        raise NotAnExport(f"comments.csv: a comment-id is a number from 0 to {LARGEST_STATEMENT}")
    if len({one.statement for one in comments}) != len(comments):
        raise NotAnExport("comments.csv: a comment-id stands there twice")
    table = vote_table(votes.participants, votes.statements, votes.votes)
    latest = _latest_times(votes)
    known = {one.statement for one in comments}
    missing = [int(number) for number in table.statement_ids if int(number) not in known]
    found, masked, shortened = [], 0, 0
    for one in [*comments, *(Comment(number, None, 0, 0, "") for number in missing)]:
        text = " ".join(one.text.split()).replace("\x00", "")
        personal = find_personal_data(text)
        masked += bool(personal)
        text = redact(text, personal) or f"第 {one.statement} 条（导出里没有文字）"
        shortened += len(text) > LONGEST
        text = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
        found.append(Comment(one.statement, one.author, one.time, one.moderated, text))
    rows = table.rows()
    return Export(
        question=" ".join(facts.get("topic", "").split())[:LONGEST_QUESTION],
        introduction=facts.get("conversation-description", "").replace("\x00", "").strip(),
        comments=sorted(found, key=lambda one: one.statement),
        participants=table.participant_ids[rows],
        statements=table.statement_ids[table.columns],
        values=table.values.astype(np.int64),
        times=latest,
        masked=masked,
        shortened=shortened,
        without_words=len(missing),
        removed=sum(one.moderated == MODERATED_OUT for one in found),
        repeated=len(votes.votes) - len(table.values),
        people=table.participants,
    )


def _latest_times(votes: VotesRead) -> Integers:
    """The time of the last vote of each pair, pairs in ascending order as in a vote table."""
    order = np.lexsort((np.arange(len(votes.times)), votes.statements, votes.participants))
    people, items = votes.participants[order], votes.statements[order]
    last = np.ones(len(order), dtype=bool)
    last[:-1] = (people[1:] != people[:-1]) | (items[1:] != items[:-1])
    return np.asarray(votes.times[order][last])


@transaction.atomic
def import_conversation(
    host: Host,
    record: Instrument,
    *,
    actor: Actor,
    export: Export,
    stays_open: bool = False,
    at: datetime | None = None,
) -> Conversation:
    """Bring a read export in as the record's conversation, closed unless it is to go on.

    Raises :class:`NotConvener`, :class:`NotDeliberating`, or :class:`NotEmpty` for a record with statements or votes.
    """
    at = at or timezone.now()
    if not host.may_convene(actor, record):
        raise NotConvener
    if not host.is_deliberating(record):
        raise NotDeliberating
    dossier = type(record.dossier)._default_manager.select_for_update().get(pk=record.pk)
    conversation = Conversation.objects.filter(dossier=dossier).first()
    if conversation is not None and (conversation.participant_count or conversation.statement_count):
        raise NotEmpty
    conversation = conversation or Conversation(dossier=dossier, opened_at=at)
    conversation.question = export.question or host.title(record)[:LONGEST_QUESTION]
    conversation.introduction = export.introduction
    conversation.closed_at = None if stays_open else at
    conversation.save()
    # Authors who never voted have no place on the map. Numbers stay as they are unless there are gaps between them:
    # whoever joins later is numbered by the count.
    numbers = np.unique(export.participants).tolist()
    has_gaps = bool(numbers) and numbers[-1] != len(numbers) - 1
    Participant.objects.bulk_create(
        (
            Participant(conversation=conversation, number=place if has_gaps else number, is_imported=True)
            for place, number in enumerate(numbers)
        ),
        batch_size=AT_ONCE,
    )
    by_number = dict(Participant.objects.filter(conversation=conversation).values_list("number", "pk"))
    people = {number: by_number[place if has_gaps else number] for place, number in enumerate(numbers)}
    Statement.objects.bulk_create(
        (_statement(conversation, one, people, at) for one in export.comments), batch_size=AT_ONCE
    )
    items = dict(Statement.objects.filter(conversation=conversation).values_list("number", "pk"))
    fill_votes(
        conversation,
        [people[number] for number in export.participants.tolist()],
        [items[number] for number in export.statements.tolist()],
        export.values.tolist(),
        [_moment(time, at) for time in export.times.tolist()],
    )
    conversation.refresh_from_db()
    host.record_event(
        record,
        "conversation.imported",
        actor=actor,
        at=at,
        text=conversation.question,
        data={
            "participants": conversation.participant_count,
            "statements": conversation.statement_count,
            "votes": conversation.vote_count,
        },
    )
    wake_map_after_commit(conversation.pk)
    return conversation


def _moment(milliseconds: int, otherwise: datetime) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if 0 < milliseconds < 4e12 else otherwise


def _statement(conversation: Conversation, one: Comment, people: dict[int, int], at: datetime) -> Statement:
    is_removed = one.moderated == MODERATED_OUT
    return Statement(
        conversation=conversation,
        number=one.statement,
        author_id=people.get(one.author) if one.author is not None else None,
        text=one.text,
        state=Statement.State.REMOVED if is_removed else Statement.State.SHOWN,
        removed_by_label=ELSEWHERE if is_removed else "",
        removed_reason="原系统未采用" if is_removed else "",
        moderated_at=_moment(one.time, at),
        at=_moment(one.time, at),
    )


def fill_votes(
    conversation: Conversation,
    people: list[int],
    statements: list[int],
    values: list[int],
    times: list[datetime],
) -> None:
    """Write many votes at once (keys of participants and statements, each pair once), then count everything anew."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO deliberation_vote (conversation_id, participant_id, statement_id, value, at) "
            "SELECT %s, * FROM unnest(%s::bigint[], %s::bigint[], %s::smallint[], %s::timestamptz[])",
            [conversation.pk, people, statements, values, times],
        )
        cursor.execute(
            "UPDATE deliberation_statement s SET agree_count = n.agrees, disagree_count = n.disagrees, "
            "pass_count = n.passes FROM (SELECT statement_id, count(*) FILTER (WHERE value = 1) AS agrees, "
            "count(*) FILTER (WHERE value = -1) AS disagrees, count(*) FILTER (WHERE value = 0) AS passes "
            "FROM deliberation_vote WHERE conversation_id = %(id)s GROUP BY 1) n WHERE s.id = n.statement_id",
            {"id": conversation.pk},
        )
        cursor.execute(
            "UPDATE deliberation_participant p SET vote_count = n.votes FROM (SELECT participant_id, count(*) AS votes "
            "FROM deliberation_vote WHERE conversation_id = %(id)s GROUP BY 1) n WHERE p.id = n.participant_id",
            {"id": conversation.pk},
        )
        # New participants and statements are numbered by the counts, so these are past the largest number in use.
        cursor.execute(
            "UPDATE deliberation_conversation c SET "
            "vote_count = (SELECT count(*) FROM deliberation_vote WHERE conversation_id = c.id), "
            "statement_count = (SELECT coalesce(max(number) + 1, 0) FROM deliberation_statement"
            "  WHERE conversation_id = c.id), "
            "participant_count = (SELECT count(*) FROM deliberation_participant"
            "  WHERE conversation_id = c.id), "
            "guest_count = (SELECT count(*) FROM deliberation_participant WHERE conversation_id = c.id"
            "  AND user_id IS NULL AND NOT is_imported) WHERE c.id = %s",
            [conversation.pk],
        )
