"""From votes to the map that is shown: what is drawn, what is withheld, when, and what degenerate votes give."""

import random

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone

from tests.testing.district import District, Journey
from tongxin.core.jobs import forget_waiting
from tongxin.core.models import LedgerEntry
from tongxin.deliberation import mapping, tasks, waking
from tongxin.deliberation.actions.conversations import Terms, close_conversation, open_conversation
from tongxin.deliberation.actions.importing import fill_votes
from tongxin.deliberation.actions.statements import remove_statement
from tongxin.deliberation.actions.voting import Voter, cast_vote, exclude_participant
from tongxin.deliberation.drawing import own_place
from tongxin.deliberation.hosts import find_record
from tongxin.deliberation.mapping import Votes, draw_map, shown_map, unpack_labels
from tongxin.deliberation.models import Conversation, MapSnapshot, Participant, Statement
from tongxin.deliberation.participation import enough
from tongxin.deliberation.selectors.handover import map_statements
from tongxin.deliberation.selectors.maps import behind
from tongxin.matters.models import Matter

STATEMENTS = 12


@pytest.fixture
def matter(district: District) -> Matter:
    return Journey(district).to_deliberating().fresh()


@pytest.fixture
def place(district: District, matter: Matter):
    return find_record(matter.number, district.actor("convener"))


@pytest.fixture
def conversation(district: District, place) -> Conversation:
    return open_conversation(
        *place,
        actor=district.actor("convener"),
        terms=Terms(question="村口怎么改？", smallest_group=5),
        seeds=[f"第{number}个办法" for number in range(STATEMENTS)],
    )


def fill(conversation: Conversation, *camps: tuple[int, list[int]]) -> None:
    """So many people of each camp, all of whom vote the same on every statement."""
    people = Participant.objects.bulk_create(
        Participant(conversation=conversation, number=number, device_digest=f"d{conversation.pk}-{number}")
        for number in range(sum(size for size, _votes in camps))
    )
    statements = list(Statement.objects.filter(conversation=conversation))
    votes = [vote for size, vote in camps for _person in range(size)]
    rows = [
        (person.pk, statement.pk, value, timezone.now())
        for person, own in zip(people, votes, strict=True)
        for statement, value in zip(statements, own, strict=True)
    ]
    fill_votes(conversation, *(list(column) for column in zip(*rows, strict=True)))


def leaning(first: int, second: int) -> list[int]:
    """One vote on the first half of the statements, another on the rest; all agree with the last."""
    return [first] * (STATEMENTS // 2) + [second] * (STATEMENTS // 2 - 1) + [1]


def test_two_camps_become_two_groups_and_their_common_ground(conversation) -> None:
    fill(conversation, (20, leaning(1, -1)), (12, leaning(-1, 1)))

    snapshot = draw_map(conversation.pk)

    result = snapshot.result
    assert result["status"] == "groups"
    assert [group["size"] for group in result["groups"]] == [20, 12]
    assert [one["number"] for one in result["group_aware_consensus"]] == [STATEMENTS - 1]
    assert {one["direction"] for one in result["groups"][0]["representative"]} <= {"agree", "disagree"}
    assert {one["number"] for one in result["groups"][0]["representative"]} <= set(range(STATEMENTS - 1))
    assert len(result["divisive"]) == min(STATEMENTS - 1, mapping.MOST_AGREED)
    assert snapshot.vote_count == 32 * STATEMENTS
    agreed, divisive = map_statements(conversation)
    assert [one.number for one in agreed] == [STATEMENTS - 1]
    assert len(divisive) == len(result["divisive"])


def test_a_group_under_the_smallest_is_in_no_figure(conversation) -> None:
    fill(conversation, (20, leaning(1, -1)), (4, leaning(-1, 1)))

    result = draw_map(conversation.pk).result

    assert [group["size"] for group in result["groups"]] == [20]
    assert result["withholds"]
    assert result["status"] == "one" or result["status"] == "groups"
    assert all(one["seen"] == 20 and one["agree"] in (0, 20) for one in result["statements"])
    ids, labels = unpack_labels(MapSnapshot.objects.get().state)
    assert (labels[ids >= 20] == mapping.WITHHELD).all()


def test_several_groups_all_too_small_are_shown_as_one() -> None:
    rng = np.random.default_rng(3)
    people = np.repeat(np.arange(8), STATEMENTS)
    values = np.where(people < 4, 1, -1) * np.tile(rng.choice([1, 1, 1, -1], STATEMENTS), 8)
    votes = Votes(people, np.tile(np.arange(STATEMENTS), 8), values, [])

    shown = shown_map(votes, smallest=6)

    assert shown.sizes == [8]


@pytest.mark.parametrize(
    ("camps", "status"),
    [
        ([], "none"),
        ([(1, leaning(1, -1))], "few"),
        ([(4, leaning(1, -1))], "few"),
        ([(9, [0] * STATEMENTS)], "passes"),
        ([(9, leaning(1, -1))], "same"),
    ],
)
def test_degenerate_votes_give_an_honest_page(client, matter, conversation, camps, status) -> None:
    if camps:
        fill(conversation, *camps)

    assert draw_map(conversation.pk).result["status"] == status
    for page in ("map", "print"):
        answer = client.get(f"/opinions/{matter.number}/{page}/")
        assert answer.status_code == 200
        assert "polygon" not in answer.content.decode()


def test_all_statements_removed_leaves_a_page(client, district, place, matter, conversation) -> None:
    fill(conversation, (9, leaning(1, -1)), (9, leaning(-1, 1)))
    for statement in Statement.objects.filter(conversation=conversation):
        remove_statement(*place, statement, actor=district.actor("convener"), reason="重复", label="召集人")

    result = draw_map(conversation.pk).result

    assert result["statements"] == []
    assert client.get(f"/opinions/{matter.number}/map/").status_code == 200


def test_those_left_out_and_removed_statements_do_not_count(district, place, conversation) -> None:
    fill(conversation, (20, leaning(1, -1)), (12, leaning(-1, 1)))
    actor = district.actor("convener")
    exclude_participant(*place, conversation, 31, actor=actor, is_excluded=True)
    removed = Statement.objects.get(conversation=conversation, number=STATEMENTS - 1)
    remove_statement(*place, removed, actor=actor, reason="重复", label="召集人")

    result = draw_map(conversation.pk).result

    assert [group["size"] for group in result["groups"]] == [20, 11]
    assert STATEMENTS - 1 not in {one["number"] for one in result["statements"]}
    assert result["group_aware_consensus"] == []


def test_nothing_new_draws_nothing_and_moderation_alone_does(district, place, conversation) -> None:
    fill(conversation, (20, leaning(1, -1)), (12, leaning(-1, 1)))
    first = draw_map(conversation.pk)

    assert draw_map(conversation.pk).pk == first.pk
    statement = Statement.objects.get(conversation=conversation, number=0)
    remove_statement(*place, statement, actor=district.actor("convener"), reason="重复", label="召集人")

    assert conversation.pk in behind()
    assert draw_map(conversation.pk).pk != first.pk


def test_the_same_votes_in_any_order_give_the_same_map(conversation) -> None:
    fill(conversation, (20, leaning(1, -1)), (12, leaning(-1, 1)))
    votes = mapping.read_votes(conversation)
    order = np.random.default_rng(1).permutation(len(votes.values))
    mixed = Votes(votes.participants[order], votes.statements[order], votes.values[order], [])

    results = [mapping.result_of(shown_map(one, 5), conversation) for one in (votes, mixed)]

    assert results[0] == results[1]


def waiting_jobs() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT task_name, queueing_lock FROM procrastinate_jobs WHERE status = 'todo' AND task_name = %s",
            [waking.DRAW],
        )
        return cursor.fetchall()


def test_many_votes_wait_in_one_job(conversation, django_capture_on_commit_callbacks) -> None:
    for turn in range(4):
        forget_waiting()  # as if each vote reached another process
        with django_capture_on_commit_callbacks(execute=True):
            cast_vote(conversation, voter=Voter(device=f"device-{turn}"), statement_number=0, value=1)

    assert waiting_jobs() == [(waking.DRAW, f"opinion-map-{conversation.pk}")]


def test_the_job_draws_and_wakes_again_for_votes_that_came_meanwhile(conversation, monkeypatch) -> None:
    cast_vote(conversation, voter=Voter(device="a"), statement_number=0, value=1)
    drawn = mapping.draw_map

    def slow(conversation_id):
        snapshot = drawn(conversation_id)
        cast_vote(conversation, voter=Voter(device="b"), statement_number=0, value=1)
        return snapshot

    monkeypatch.setattr(mapping, "draw_map", slow)
    tasks.draw(conversation.pk)

    assert MapSnapshot.objects.get().vote_count == 1
    assert len(waiting_jobs()) == 1


def test_what_a_killed_worker_left_is_found_within_a_minute(conversation) -> None:
    cast_vote(conversation, voter=Voter(device="a"), statement_number=0, value=1)

    tasks.look_for_maps(0)

    assert len(waiting_jobs()) == 1


def test_a_closed_conversation_is_published_once(district, place, conversation) -> None:
    fill(conversation, (20, leaning(1, -1)), (12, leaning(-1, 1)))
    close_conversation(*place, conversation, actor=district.actor("convener"))
    draw_map(conversation.pk)
    draw_map(conversation.pk)

    entry = LedgerEntry.objects.get(event="map.published")
    assert '"agreed"' in str(entry.body).replace("'", '"')
    assert behind() == []


def test_old_maps_are_not_kept(conversation) -> None:
    for turn in range(5):
        cast_vote(conversation, voter=Voter(device=f"device-{turn}"), statement_number=0, value=1)
        draw_map(conversation.pk)

    assert MapSnapshot.objects.count() == mapping.KEPT


def test_the_drawing_routes_statements(conversation) -> None:
    fill(conversation, (20, leaning(1, -1)), (12, leaning(-1, 1)))
    draw_map(conversation.pk)

    extremities = dict(Statement.objects.values_list("number", "extremity"))
    assert extremities[0] > extremities[STATEMENTS - 1]


def test_own_place_is_where_the_map_has_that_person(conversation) -> None:
    fill(conversation, (20, leaning(1, -1)), (12, leaning(-1, 1)))
    result = draw_map(conversation.pk).result

    x, y = own_place(result["axes"], dict(enumerate(leaning(1, -1))))

    nearest = min(result["drawing"]["dots"], key=lambda dot: (dot[0] - x) ** 2 + (dot[1] - y) ** 2)
    assert nearest[2] == 0
    assert abs(nearest[0] - x) + abs(nearest[1] - y) <= 12


@pytest.mark.parametrize("_turn", range(20))
def test_no_small_number_can_be_worked_out(_turn: int) -> None:
    rng = random.Random(_turn)
    counts = [(f"role {n}", rng.randrange(0, 12)) for n in range(4)]
    total = sum(n for _name, n in counts) + rng.randrange(0, 7)

    found = enough(counts, 5, total)

    assert all(n >= 5 for _name, n in found["rows"])
    left = total - sum(n for _name, n in found["rows"])
    assert left == 0 or left >= 5 or not found["rows"]
