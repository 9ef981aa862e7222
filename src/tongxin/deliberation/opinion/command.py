"""``tongxin opinion``: the opinion map of a file of votes. Needs no database."""

import sys
from pathlib import Path

from tongxin.deliberation.opinion.files import (
    MODERATED_OUT,
    NotAnExport,
    read_comments,
    read_votes,
    write_export,
)
from tongxin.deliberation.opinion.map import Mode, map_of_table
from tongxin.deliberation.opinion.votes import NotAVote, vote_table


def write_map(
    votes_file: Path, comments_file: Path | None, folder: Path, *, mode: Mode = "canonical", seed: int = 0
) -> int:
    """Read votes and comments, draw the map, write the export files and ``summary.json``; returns the exit code."""
    try:
        votes = read_votes(votes_file)
        comments = read_comments(comments_file) if comments_file else []
        moderated_out = [one.statement for one in comments if one.moderated == MODERATED_OUT]
        table = vote_table(votes.participants, votes.statements, votes.votes, moderated_out=moderated_out)
        drawn = map_of_table(table, mode=mode, seed=seed)
        written = write_export(folder, drawn, table, comments=comments, votes=votes)
    except (OSError, NotAnExport, NotAVote) as problem:
        print(problem, file=sys.stderr, flush=True)
        return 1
    sizes = ", ".join(str(size) for size in drawn.group_sizes.tolist()) or "-"
    print(
        f"{len(drawn.participant_ids)} participants, {len(drawn.statement_ids)} statements, "
        f"{len(table.values)} votes; {len(drawn.grouped_ids)} in {drawn.k} groups ({sizes})"
    )
    for path in written:
        print(path)
    return 0
