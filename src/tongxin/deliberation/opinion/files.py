"""Conversations as files: Polis's export format in, the same out, and a summary in JSON.

Polis exports ``votes.csv`` (timestamp, datetime, comment-id, voter-id, vote), ``comments.csv`` (timestamp, datetime,
comment-id, author-id, agrees, disagrees, moderated, comment-body), ``participants-votes.csv`` (participant, group-id,
n-comments, n-votes, n-agree, n-disagree, then a column a statement) and ``comment-groups.csv`` (comment-id, comment,
totals, then four columns a group). In a file 1 is agree and -1 disagree.
"""

import csv
import gzip
import io
import json
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from tongxin.deliberation.opinion.map import OpinionMap
from tongxin.deliberation.opinion.votes import Integers, VoteTable

MODERATED_OUT = -1
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


class NotAnExport(ValueError):
    """The file does not have the columns or the values of a Polis export; says where."""


@dataclass(frozen=True, slots=True)
class VotesRead:
    """The votes of a file in order of time; ``times`` are milliseconds since 1970."""

    times: Integers
    participants: Integers
    statements: Integers
    votes: Integers


@dataclass(frozen=True, slots=True)
class Comment:
    """One statement of ``comments.csv``: ``moderated`` is 1 in, 0 undecided, -1 out; ``time`` in milliseconds."""

    statement: int
    author: int | None
    time: int
    moderated: int
    text: str


def read_votes(path: Path) -> VotesRead:
    """Votes of a ``votes.csv`` (or ``.csv.gz``), sorted by time, rows of one moment in the file's order.

    Raises :class:`NotAnExport`.
    """
    with _opened(path) as file:
        header = next(csv.reader(file), [])
        places = _places(path, header, ("comment-id", "voter-id", "vote"))
        if "timestamp" in header:
            places.append(header.index("timestamp"))
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "loadtxt: input contained no data")
                rows = np.loadtxt(
                    file, np.int64, comments=None, delimiter=",", usecols=places, ndmin=2, quotechar='"'
                )
        except ValueError as problem:
            raise NotAnExport(f"{path.name}: {problem}") from problem
    rows = rows.reshape(-1, len(places))
    times = rows[:, 3] if len(places) == 4 else np.zeros(len(rows), dtype=np.int64)
    if len(rows) and np.abs(rows[:, 2]).max() > 1:
        line = int(np.argmax(np.abs(rows[:, 2]) > 1)) + 2
        raise NotAnExport(f"{path.name}, line {line}: a vote is 1, 0 or -1")
    order = np.argsort(times, kind="stable")
    return VotesRead(times[order], rows[order, 1], rows[order, 0], rows[order, 2])


def read_comments(path: Path) -> list[Comment]:
    """Statements of a ``comments.csv`` (or ``.csv.gz``), by id. Raises :class:`NotAnExport`."""
    with _opened(path) as file:
        reader = csv.DictReader(file)
        _places(path, reader.fieldnames or [], ("comment-id",))
        found = []
        for line, row in enumerate(reader, start=2):
            try:
                found.append(
                    Comment(
                        int(row["comment-id"]),
                        int(row["author-id"]) if row.get("author-id") else None,
                        int(row.get("timestamp") or 0),
                        int(row.get("moderated") or 0),
                        row.get("comment-body") or "",
                    )
                )
            except (TypeError, ValueError) as problem:
                raise NotAnExport(f"{path.name}, statement {line - 1}: {problem}") from problem
    return sorted(found, key=lambda one: one.statement)


def read_groups(path: Path) -> dict[int, int]:
    """Participant → group of a ``participants-votes.csv``, for those who are in one. Raises :class:`NotAnExport`."""
    with _opened(path) as file:
        reader = csv.reader(file)
        who, group = _places(path, next(reader, []), ("participant", "group-id"))
        try:
            return {int(row[who]): int(row[group]) for row in reader if row and row[group] != ""}
        except (IndexError, ValueError) as problem:
            raise NotAnExport(f"{path.name}: {problem}") from problem


def write_export(
    folder: Path,
    drawn: OpinionMap,
    table: VoteTable,
    *,
    comments: Sequence[Comment] = (),
    votes: VotesRead | None = None,
    facts: dict[str, object] | None = None,
) -> list[Path]:
    """Write the export files and ``summary.json`` into ``folder``; returns what was written.

    ``facts``: lines of ``summary.csv`` known elsewhere (topic, url, views …); none of them is needed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    by_id = {one.statement: one for one in comments}
    for statement in drawn.statement_ids.tolist():
        by_id.setdefault(statement, Comment(statement, None, 0, 0, ""))
    ordered = [by_id[one] for one in sorted(by_id)]
    writers: dict[str, Callable[[TextIO], object]] = {
        "summary.csv": lambda file: _write_summary(file, drawn, ordered, facts or {}),
        "comments.csv": lambda file: _write_comments(file, drawn, ordered),
        "participants-votes.csv": lambda file: _write_participants(file, drawn, table, ordered),
        "comment-groups.csv": lambda file: _write_comment_groups(file, drawn, by_id),
        "summary.json": lambda file: json.dump(as_data(drawn), file, ensure_ascii=False, indent=1),
    }
    if votes is not None:
        writers["votes.csv"] = lambda file: _write_votes(file, votes)
    for name, write in writers.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            write(file)
    return [folder / name for name in writers]


def as_data(drawn: OpinionMap) -> dict[str, Any]:
    """The map as plain data for JSON: everything but the place of each participant, who stay unnamed."""
    statistics = drawn.statistics
    return {
        "mode": drawn.mode,
        "participants": len(drawn.participant_ids),
        "grouped": len(drawn.grouped_ids),
        "statements": len(drawn.statement_ids),
        "votes": int(statistics.all_seen.sum()),
        "k": drawn.k,
        "silhouettes": {str(k): score for k, score in drawn.silhouettes.items()},
        "groups": [
            {
                "id": group,
                "size": int(size),
                "representative": [asdict(one) for one in drawn.representative[group]],
            }
            for group, size in enumerate(drawn.group_sizes.tolist())
        ],
        "consensus": {
            "agree": [asdict(one) for one in drawn.consensus.agree],
            "disagree": [asdict(one) for one in drawn.consensus.disagree],
        },
        "divisive": [asdict(one) | {"spread": one.spread} for one in drawn.divisive],
        "uncertain": [asdict(one) | {"share": one.share} for one in drawn.uncertain],
        "by-statement": [
            {
                "id": statement,
                "moderated-out": bool(drawn.moderated[column]),
                "center": float(drawn.center[column]),
                "components": drawn.components[:, column].tolist(),
                "projection": drawn.statement_projections[column].tolist(),
                "extremity": float(drawn.extremity[column]),
                "group-aware-consensus": float(drawn.group_aware_consensus[column]),
                "group-aware-mean": float(drawn.group_aware_mean[column]),
                "priority": float(drawn.priorities[column]),
            }
            for column, statement in enumerate(drawn.statement_ids.tolist())
        ],
    }


def _write_summary(
    file: TextIO, drawn: OpinionMap, comments: Sequence[Comment], facts: dict[str, object]
) -> None:
    lines: dict[str, object] = {"topic": "", "url": "", "views": ""}
    lines |= {
        "voters": len(drawn.participant_ids),
        "voters-in-conv": len(drawn.participant_ids),
        "commenters": len({one.author for one in comments if one.author is not None}),
        "comments": len(comments),
        "groups": drawn.k,
        "conversation-description": "",
    }
    csv.writer(file).writerows((name, _plain(value)) for name, value in (lines | facts).items())


def _write_votes(file: TextIO, votes: VotesRead) -> None:
    writer = csv.writer(file)
    writer.writerow(("timestamp", "datetime", "comment-id", "voter-id", "vote"))
    rows = (votes.times, votes.statements, votes.participants, votes.votes)
    for time, statement, participant, vote in zip(*(column.tolist() for column in rows), strict=True):
        writer.writerow((time, _moment(time), statement, participant, vote))


def _write_comments(file: TextIO, drawn: OpinionMap, comments: Iterable[Comment]) -> None:
    column = {statement: place for place, statement in enumerate(drawn.statement_ids.tolist())}
    counts = (drawn.statistics.all_agrees, drawn.statistics.all_disagrees)
    writer = csv.writer(file)
    writer.writerow(
        (
            "timestamp",
            "datetime",
            "comment-id",
            "author-id",
            "agrees",
            "disagrees",
            "moderated",
            "comment-body",
        )
    )
    for one in comments:
        place = column.get(one.statement)
        agrees, disagrees = (0, 0) if place is None else (int(counts[0][place]), int(counts[1][place]))
        moderated = MODERATED_OUT if place is not None and drawn.moderated[place] else one.moderated
        author = "" if one.author is None else one.author
        moment = _moment(one.time)
        writer.writerow(
            (one.time, moment, one.statement, author, agrees, disagrees, moderated, _plain(one.text))
        )


def _write_participants(
    file: TextIO, drawn: OpinionMap, table: VoteTable, comments: Sequence[Comment]
) -> None:
    written: dict[int, int] = {}
    for one in comments:
        if one.author is not None:
            written[one.author] = written.get(one.author, 0) + 1
    groups = dict(zip(drawn.grouped_ids.tolist(), drawn.labels.tolist(), strict=True))
    writer = csv.writer(file)
    head = ("participant", "group-id", "n-comments", "n-votes", "n-agree", "n-disagree")
    writer.writerow((*head, *table.statement_ids.tolist()))
    starts = table.starts.tolist()
    for row, participant in enumerate(table.participant_ids.tolist()):
        cells = slice(starts[row], starts[row + 1])
        values = table.values[cells].tolist()
        line: list[object] = [""] * table.statements
        for column, value in zip(table.columns[cells].tolist(), values, strict=True):
            line[column] = value
        facts = (written.get(participant, 0), len(values), values.count(1), values.count(-1))
        writer.writerow((participant, groups.get(participant, ""), *facts, *line))


def _write_comment_groups(file: TextIO, drawn: OpinionMap, comments: dict[int, Comment]) -> None:
    """Counts by group, groups lettered from a as in Polis's reports."""
    statistics = drawn.statistics
    writer = csv.writer(file)
    head = ["comment-id", "comment", "total-votes", "total-agrees", "total-disagrees", "total-passes"]
    for group in range(drawn.k):
        letter = f"group-{chr(ord('a') + group)}"
        head += [f"{letter}-{what}" for what in ("votes", "agrees", "disagrees", "passes")]
    writer.writerow(head)
    total = (statistics.all_seen, statistics.all_agrees, statistics.all_disagrees)
    by_group = (statistics.seen, statistics.agrees, statistics.disagrees)
    for column, statement in enumerate(drawn.statement_ids.tolist()):
        line: list[object] = [statement, _plain(comments[statement].text)]
        for counts in [total, *zip(*by_group, strict=True)]:
            seen, agrees, disagrees = (int(figure[column]) for figure in counts)
            line += [seen, agrees, disagrees, seen - agrees - disagrees]
        writer.writerow(line)


def _opened(path: Path) -> TextIO:
    """The file as text; a byte order mark is no part of it."""
    if path.suffix == ".gz":
        return io.TextIOWrapper(gzip.open(path, "rb"), encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _places(path: Path, header: Sequence[str], wanted: Sequence[str]) -> list[int]:
    missing = [name for name in wanted if name not in header]
    if missing:
        raise NotAnExport(f"{path.name}: no column {', '.join(missing)}")
    return [header.index(name) for name in wanted]


def _moment(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")


def _plain(value: object) -> str:
    """Text that a spreadsheet does not take for a formula."""
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text
