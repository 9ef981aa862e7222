"""A conversation as files in Polis's own export format, line after line.

People are numbers, and not the numbers in which they joined: somebody who knows who came first must not read that
person's votes. Times are cut to the day and authors left out for the same reason. Whoever is in a group under the
smallest one is not in the files at all, nor counted in them. Imported conversations keep their numbers and authors,
which were public already.
"""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import numpy as np
from django.conf import settings
from django.db.models import TextField
from django.db.models.functions import MD5, Cast

from tongxin.core.crypto import lookup_digest
from tongxin.deliberation.mapping import WITHHELD, newest_map_id, read_votes, unpack_labels
from tongxin.deliberation.models import Conversation, MapSnapshot, Participant, Statement, Vote

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
AT_ONCE = 2000


def plain(value: object) -> str:
    """Text that a spreadsheet does not take for a formula."""
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def _lines(rows: Iterator[tuple[Any, ...]]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for count, row in enumerate(rows, start=1):
        writer.writerow(row)
        if count % AT_ONCE == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


class _People:
    """Who may appear in the files, under which number and in which group."""

    def __init__(self, conversation: Conversation) -> None:
        self.is_imported = Participant.objects.filter(conversation=conversation, is_imported=True).exists()
        newest = newest_map_id(conversation)
        state = (
            MapSnapshot.objects.filter(pk=newest).values_list("state", flat=True).first() if newest else None
        )
        ids, labels = unpack_labels(state)
        self.group = {int(n): int(g) for n, g in zip(ids, labels, strict=True) if g >= 0}
        known = {int(n): int(g) for n, g in zip(ids, labels, strict=True)}
        voting = list(
            Participant.objects.filter(
                conversation=conversation, is_excluded=False, vote_count__gt=0
            ).values_list("number", flat=True)
        )
        # Who came since the map was drawn is in no group yet that could be too small; a day's map is never that old.
        shown = [n for n in voting if known.get(n, WITHHELD) != WITHHELD]
        if len(shown) < conversation.smallest_group:
            shown = []
        if self.is_imported:
            self.number = {n: n for n in shown}
        else:
            shuffled = sorted(
                shown, key=lambda n: lookup_digest(f"export {conversation.pk} {n}", settings.SECRET_KEY)
            )
            self.number = {n: place for place, n in enumerate(shuffled)}


def _moment(at: datetime, people: _People) -> tuple[int, str]:
    if not people.is_imported:
        at = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return round(at.timestamp() * 1000), at.astimezone(UTC).strftime("%a %b %d %H:%M:%S UTC %Y")


def _votes(conversation: Conversation, url: str) -> Iterator[tuple[Any, ...]]:
    people = _People(conversation)
    yield ("timestamp", "datetime", "comment-id", "voter-id", "vote")
    rows = (
        Vote.objects.filter(conversation=conversation)
        .exclude(statement__state=Statement.State.WAITING)
        .values_list("at", "statement__number", "participant__number", "value")
    )
    if people.is_imported:
        found: Iterator[Any] = rows.order_by("at", "pk").iterator(chunk_size=AT_ONCE)
    else:  # neither the order of the rows nor that within a day tells who voted when
        found = rows.order_by("statement__number", MD5(Cast("pk", TextField()))).iterator(chunk_size=AT_ONCE)
    for at, statement, participant, value in found:
        if participant in people.number:
            yield (*_moment(at, people), statement, people.number[participant], value)


def _comments(conversation: Conversation, url: str) -> Iterator[tuple[Any, ...]]:
    people = _People(conversation)
    counts = _counts(conversation, people)
    yield (
        "timestamp",
        "datetime",
        "comment-id",
        "author-id",
        "agrees",
        "disagrees",
        "moderated",
        "comment-body",
    )
    found = Statement.objects.filter(conversation=conversation).exclude(state=Statement.State.WAITING)
    for one in found.select_related("author").order_by("number").iterator(chunk_size=AT_ONCE):
        is_removed = one.state == Statement.State.REMOVED
        author = people.number.get(one.author.number, "") if one.author and people.is_imported else ""
        agrees, disagrees = counts.get(one.number, (0, 0))
        # What was removed for what it says stays removed; what an import brought was public elsewhere.
        text = "" if is_removed and not people.is_imported else one.text
        yield (
            *_moment(one.at, people),
            one.number,
            author,
            agrees,
            disagrees,
            -1 if is_removed else 1,
            plain(text),
        )


def _counts(conversation: Conversation, people: _People) -> dict[int, tuple[int, int]]:
    votes = read_votes(conversation)
    inside = np.isin(votes.participants, np.fromiter(people.number, dtype=np.int64))
    statements, values = votes.statements[inside], votes.values[inside]
    return {
        int(number): (
            int((values[statements == number] == 1).sum()),
            int((values[statements == number] == -1).sum()),
        )
        for number in np.unique(statements)
    }


def _participants(conversation: Conversation, url: str) -> Iterator[tuple[Any, ...]]:
    people = _People(conversation)
    votes = read_votes(conversation)
    inside = np.isin(votes.participants, np.fromiter(people.number, dtype=np.int64))
    who, what, how = votes.participants[inside], votes.statements[inside], votes.values[inside]
    numbers = np.unique(what)
    yield ("participant", "group-id", "n-comments", "n-votes", "n-agree", "n-disagree", *numbers.tolist())
    written: dict[int, int] = {}
    if people.is_imported:
        for author in Statement.objects.filter(conversation=conversation).values_list(
            "author__number", flat=True
        ):
            written[author] = written.get(author, 0) + 1
    order = np.argsort(who, kind="stable")
    who, places, how = who[order], np.searchsorted(numbers, what[order]), how[order]
    begins = dict(zip(*(part.tolist() for part in np.unique(who, return_index=True)), strict=True))
    for number, shown in sorted(people.number.items(), key=lambda pair: pair[1]):
        begin = begins.get(number, len(who))
        cells = slice(begin, int(np.searchsorted(who, number, side="right")) if begin < len(who) else begin)
        line: list[object] = [""] * len(numbers)
        values = how[cells].tolist()
        for place, value in zip(places[cells].tolist(), values, strict=True):
            line[place] = value
        facts = (written.get(number, 0), len(values), values.count(1), values.count(-1))
        yield (shown, people.group.get(number, ""), *facts, *line)


def _summary(conversation: Conversation, url: str) -> Iterator[tuple[Any, ...]]:
    people = _People(conversation)
    comments = Statement.objects.filter(conversation=conversation).exclude(state=Statement.State.WAITING)
    yield ("topic", plain(conversation.question))
    yield ("url", url)
    yield ("views", "")
    yield ("voters", len(people.number))
    yield ("voters-in-conv", len(people.number))
    yield ("commenters", comments.exclude(author=None).values("author").distinct().count())
    yield ("comments", comments.count())
    yield ("groups", len(set(people.group.values())))
    yield ("conversation-description", plain(conversation.introduction))


def _file(
    rows: Callable[[Conversation, str], Iterator[tuple[Any, ...]]], conversation: Conversation, url: str
) -> Iterator[str]:
    return _lines(rows(conversation, url))


FILES: dict[str, Callable[[Conversation, str], Iterator[str]]] = {
    "votes": partial(_file, _votes),
    "comments": partial(_file, _comments),
    "participants-votes": partial(_file, _participants),
    "summary": partial(_file, _summary),
}
"""The files by name: each gives its lines for a conversation and the address of its page."""
