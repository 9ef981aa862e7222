"""Polis's export format in and out, and the command."""

import csv
import gzip
import json

import pytest

from tests.deliberation.opinion.conversations import SEATTLE, seattle
from tongxin.config import cli
from tongxin.deliberation.opinion import opinion_map, vote_table
from tongxin.deliberation.opinion.files import (
    Comment,
    NotAnExport,
    read_comments,
    read_groups,
    read_votes,
    write_export,
)


def rows(path):
    with (
        gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")
    ) as file:
        return list(csv.DictReader(file))


@pytest.fixture
def exported(tmp_path, monkeypatch, capsys):
    """What the command wrote, with a database nobody can reach."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    arguments = [str(SEATTLE / "votes.csv.gz"), "--comments", str(SEATTLE / "comments.csv.gz")]
    assert cli.main(["opinion", *arguments, "--out", str(tmp_path / "out")]) == 0
    assert "339 participants, 54 statements, 2872 votes" in capsys.readouterr().out
    return tmp_path / "out"


def test_export_holds_what_polis_exported(exported):
    ours, theirs = rows(exported / "participants-votes.csv"), rows(SEATTLE / "participants-votes.csv.gz")
    theirs.sort(key=lambda row: int(row["participant"]))
    assert [{**row, "group-id": ""} for row in ours] == [{**row, "group-id": ""} for row in theirs]
    assert {row["participant"] for row in ours if row["group-id"]} == {
        row["participant"] for row in theirs if row["group-id"]
    }
    kept = ("comment-id", "author-id", "moderated", "comment-body")
    theirs_by_id = sorted(rows(SEATTLE / "comments.csv.gz"), key=lambda row: int(row["comment-id"]))
    assert [[row[name] for name in kept] for row in rows(exported / "comments.csv")] == [
        [row[name] for name in kept] for row in theirs_by_id
    ]


def test_export_read_again_draws_the_same_map(exported):
    votes = read_votes(exported / "votes.csv")
    out = [one.statement for one in read_comments(exported / "comments.csv") if one.moderated == -1]
    again = opinion_map(votes.participants, votes.statements, votes.votes, moderated_out=out)
    groups = dict(zip(again.grouped_ids.tolist(), again.labels.tolist(), strict=True))
    assert read_groups(exported / "participants-votes.csv") == groups


def test_summary_names_nobody(exported):
    summary = json.loads((exported / "summary.json").read_text(encoding="utf-8"))
    assert (summary["k"], summary["participants"], summary["grouped"]) == (2, 339, 138)
    assert [group["size"] for group in summary["groups"]] == [95, 43]
    assert "participant_ids" not in json.dumps(summary)
    groups = rows(exported / "comment-groups.csv")
    assert int(groups[0]["group-a-votes"]) + int(groups[0]["group-b-votes"]) <= int(groups[0]["total-votes"])


def test_votes_are_taken_in_order_of_time(tmp_path):
    path = tmp_path / "votes.csv"
    path.write_text(
        "\ufefftimestamp,datetime,comment-id,voter-id,vote\n20,b,1,7,-1\n10,a,1,7,1\n20,b,1,7,0\n", "utf-8"
    )
    votes = read_votes(path)
    assert votes.votes.tolist() == [1, -1, 0]
    assert votes.times.tolist() == [10, 20, 20]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("comment-id,vote\n1,1\n", "no column voter-id"),
        ("comment-id,voter-id,vote\n1,2,7\n", "a vote is 1, 0 or -1"),
        ("comment-id,voter-id,vote\n1,x,1\n", "votes.csv"),
        ("", "no column"),
    ],
)
def test_what_is_no_export_is_said(tmp_path, capsys, text, said):
    path = tmp_path / "votes.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(NotAnExport, match=said):
        read_votes(path)
    assert cli.main(["opinion", str(path), "--out", str(tmp_path / "out")]) == 1
    assert said in capsys.readouterr().err


def test_file_without_votes_is_an_empty_map(tmp_path):
    path = tmp_path / "votes.csv"
    path.write_text("timestamp,datetime,comment-id,voter-id,vote\n", encoding="utf-8")
    assert cli.main(["opinion", str(path), "--out", str(tmp_path / "out")]) == 0
    assert json.loads((tmp_path / "out/summary.json").read_text(encoding="utf-8"))["k"] == 0


def test_text_that_looks_like_a_formula_stays_text(tmp_path):
    talk = seattle()
    table = vote_table(*talk.arrays())
    comments = [Comment(0, 4, 0, 1, "=HYPERLINK(1)")]
    write_export(tmp_path, opinion_map(*talk.arrays()), table, comments=comments)
    assert rows(tmp_path / "comments.csv")[0]["comment-body"] == "'=HYPERLINK(1)"
