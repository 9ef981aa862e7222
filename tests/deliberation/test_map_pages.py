"""The map's pages and files: what a visitor sees, live updates, exports and imports."""

import csv
import gzip
import io
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client

from tests.deliberation.test_map import STATEMENTS, fill, leaning
from tests.testing.clients import client_of
from tests.testing.district import District, Journey
from tongxin.deliberation.actions.conversations import Terms, open_conversation
from tongxin.deliberation.actions.importing import NotEmpty, import_conversation, read_export
from tongxin.deliberation.hosts import find_record
from tongxin.deliberation.mapping import draw_map
from tongxin.deliberation.models import Conversation, Participant, Statement, Vote
from tongxin.deliberation.opinion.files import NotAnExport
from tongxin.matters.models import Matter

PACKED = Path(__file__).parent / "opinion" / "data" / "15-per-hour-seattle"


@pytest.fixture(scope="session")
def export(tmp_path_factory) -> Path:
    """A folder as Polis exports it."""
    folder = tmp_path_factory.mktemp("export")
    for name in ("votes", "comments"):
        (folder / f"{name}.csv").write_bytes(gzip.decompress((PACKED / f"{name}.csv.gz").read_bytes()))
    (folder / "summary.csv").write_text(
        'topic,$15/hour\nconversation-description,"For the better\nor worse?"\n'
    )
    return folder


@pytest.fixture
def matter(district: District) -> Matter:
    return Journey(district).to_deliberating().fresh()


@pytest.fixture
def conversation(district: District, matter: Matter) -> Conversation:
    opened = open_conversation(
        *find_record(matter.number, district.actor("convener")),
        actor=district.actor("convener"),
        terms=Terms(question="村口怎么改？"),
        seeds=[f"第{number}个办法" for number in range(STATEMENTS)],
    )
    fill(opened, (20, leaning(1, -1)), (12, leaning(-1, 1)))
    draw_map(opened.pk)
    return opened


def test_the_page_says_first_what_all_agree_on_then_shows_groups(client, matter, conversation) -> None:
    page = client.get(f"/opinions/{matter.number}/map/").content.decode()

    assert page.index("先看大家一致的") < page.index("看法相近的群体") < page.index("分歧最大的")
    assert page.count("<polygon") == 2
    assert "20（62%）" in page
    assert "这一群几乎都赞成“第" in page
    assert " style=" not in page
    assert "带圈的“我”" not in page


def test_own_place_is_marked_only_for_oneself(matter, conversation) -> None:
    voter, other = Client(), Client()
    for number in range(8):
        voter.post(f"/opinions/{matter.number}/vote/", {"statement": number, "vote": "agree"})

    assert "带圈的“我”" in voter.get(f"/opinions/{matter.number}/map/").content.decode()
    assert "带圈的“我”" not in other.get(f"/opinions/{matter.number}/map/").content.decode()


def test_the_script_gets_only_what_is_newer(client, matter, conversation) -> None:
    address = f"/opinions/{matter.number}/map/"
    first = client.get(address, headers={"HX-Request": "true"})
    piece = first.content.decode()
    have = piece.split("?have=")[1].split('"')[0]

    assert "<html" not in piece
    assert 'hx-trigger="every 4s"' in piece
    assert client.get(f"{address}?have={have}", headers={"HX-Request": "true"}).status_code == 204
    assert (
        client.get(address, headers={"HX-Request": "true", "If-None-Match": first["ETag"]}).status_code == 304
    )

    draw_map(conversation.pk, force=True)
    cache.clear()  # a second later
    assert client.get(f"{address}?have={have}", headers={"HX-Request": "true"}).status_code == 200


def test_a_closed_conversation_is_not_polled(client, matter, conversation) -> None:
    Conversation.objects.update(closed_at="2026-01-01T00:00:00Z")

    assert "hx-get" not in client.get(f"/opinions/{matter.number}/map/").content.decode()


def test_a_removed_statement_is_gone_before_the_next_drawing(client, matter, conversation) -> None:
    Statement.objects.filter(number=0).update(state="removed")

    assert "第0个办法" not in client.get(f"/opinions/{matter.number}/map/").content.decode()


def test_a_raised_smallest_group_holds_at_once(client, matter, conversation) -> None:
    Conversation.objects.update(smallest_group=15)

    page = client.get(f"/opinions/{matter.number}/map/").content.decode()
    assert "图正在重画" in page
    assert "polygon" not in page


def rows_of(client: Client, matter: Matter, name: str) -> list[list[str]]:
    answer = client.get(f"/opinions/{matter.number}/export/{name}.csv")
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.getvalue().decode())))


def test_exports_hold_everything_but_who_and_when(client, matter, conversation) -> None:
    Statement.objects.filter(number=1).update(text="=SUM(A1)", author=Participant.objects.first())
    votes = rows_of(client, matter, "votes")
    comments = rows_of(client, matter, "comments")
    people = rows_of(client, matter, "participants-votes")

    assert votes[0] == ["timestamp", "datetime", "comment-id", "voter-id", "vote"]
    assert len(votes) - 1 == Vote.objects.count()
    assert all(int(row[0]) % 86_400_000 == 0 for row in votes[1:])
    assert comments[2][3] == ""
    assert comments[2][7] == "'=SUM(A1)"
    assert sorted(int(row[0]) for row in people[1:]) == list(range(32))
    assert sorted(row[1] for row in people[1:]) == ["0"] * 20 + ["1"] * 12
    assert [row[1] for row in people[1:]] != ["0"] * 20 + ["1"] * 12  # not in the order in which they joined
    assert dict(rows_of(client, matter, "summary"))["groups"] == "2"


def test_a_group_too_small_is_not_in_the_files(client, district, matter, conversation) -> None:
    Vote.objects.all().delete()
    Participant.objects.all().delete()
    fill(conversation, (20, leaning(1, -1)), (4, leaning(-1, 1)))
    draw_map(conversation.pk)

    assert len(rows_of(client, matter, "participants-votes")) == 21
    assert len(rows_of(client, matter, "votes")) == 20 * STATEMENTS + 1
    assert rows_of(client, matter, "comments")[1][4:6] == ["20", "0"]


def test_too_few_people_export_nothing(client, matter, conversation) -> None:
    Conversation.objects.update(smallest_group=40)
    draw_map(conversation.pk)

    assert len(rows_of(client, matter, "votes")) == 1


def test_unknown_files_are_not_there(client, matter, conversation) -> None:
    assert client.get(f"/opinions/{matter.number}/export/people.csv").status_code == 404


def test_an_export_of_polis_comes_in_and_shows_its_map(client, district, matter, export) -> None:
    host, record = find_record(matter.number, district.actor("convener"))

    imported = import_conversation(host, record, actor=district.actor("convener"), export=read_export(export))
    result = draw_map(imported.pk).result

    assert imported.question == "$15/hour"
    assert (imported.participant_count, imported.statement_count) == (339, 54)
    assert imported.closed_at is not None
    assert result["status"] == "groups"
    assert len(result["groups"]) == 2
    assert client.get(f"/opinions/{matter.number}/map/").status_code == 200
    with pytest.raises(NotEmpty):
        import_conversation(host, record, actor=district.actor("convener"), export=read_export(export))


def test_what_is_exported_can_be_imported_with_the_same_map(
    client, district, matter, conversation, tmp_path
) -> None:
    for name in ("votes", "comments", "summary"):
        text = client.get(f"/opinions/{matter.number}/export/{name}.csv").getvalue().decode()
        (tmp_path / f"{name}.csv").write_text(text)
    other = Journey(district).to_deliberating().fresh()
    actor = district.actor("convener")

    again = import_conversation(*find_record(other.number, actor), actor=actor, export=read_export(tmp_path))

    first, second = (draw_map(one.pk, force=True).result for one in (conversation, again))
    assert first["statements"] == second["statements"]
    assert first["group_aware_consensus"] == second["group_aware_consensus"]


def test_the_staff_page_tries_first_and_writes_nothing(district, matter, export) -> None:
    client = client_of(district, "convener")
    address = f"/work/opinions/{matter.number}/import/"

    def files():
        return {name: (export / f"{name}.csv").open("rb") for name in ("votes", "comments", "summary")}

    tried = client.post(address, {**files(), "try": "1"})
    assert "文件读得通" in tried.content.decode()
    assert not Conversation.objects.exists()

    assert client.post(address, files()).status_code == 302
    assert Conversation.objects.get().participant_count == 339


@pytest.mark.parametrize(
    "votes",
    [
        "nonsense",
        "timestamp,datetime,comment-id,voter-id,vote\n1,x,0,0,7\n",
        "timestamp,datetime,comment-id,voter-id,vote\n1,x,-3,0,1\n",
        "timestamp,datetime,comment-id,voter-id,vote\n1,x,99999999999,0,1\n",
    ],
)
def test_files_that_are_no_export_are_refused(votes: str, export, tmp_path) -> None:
    (tmp_path / "votes.csv").write_text(votes)
    (tmp_path / "comments.csv").write_bytes((export / "comments.csv").read_bytes())

    with pytest.raises(NotAnExport):
        read_export(tmp_path)
