"""Statements and votes: one person one vote, counters that agree with the votes, whatever comes in which order."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.testing.district import District, Journey, build_district
from tongxin.core.models import LedgerEntry
from tongxin.core.receipts import new_token
from tongxin.deliberation.actions.conversations import (
    AlreadyOpen,
    NotConvener,
    NotDeliberating,
    Terms,
    change_terms,
    close_conversation,
    open_conversation,
    reopen_conversation,
)
from tongxin.deliberation.actions.statements import (
    NotModerator,
    StatementsNotTaken,
    accept_statement,
    like,
    put_statement,
    remove_statement,
)
from tongxin.deliberation.actions.voting import (
    ConversationClosed,
    GuestsNotTaken,
    NotTakingPart,
    Voter,
    cast_vote,
    exclude_participant,
    find_participant,
    next_statement,
)
from tongxin.deliberation.hosts import find_record
from tongxin.deliberation.models import Conversation, Participant, Statement, Vote
from tongxin.matters.actions import triage

SEEDS = ["村口装红绿灯", "早高峰派人疏导", "两侧停车位取消"]


@pytest.fixture
def district(db) -> District:
    return build_district()


def _open(district: District, **terms) -> tuple:
    matter = Journey(district).to_deliberating().fresh()
    host, record = find_record(matter.number, district.actor("convener"))
    made = open_conversation(
        host,
        record,
        actor=district.actor("convener"),
        terms=Terms(question="村口怎么改？", **terms),
        seeds=SEEDS,
    )
    return host, record, made


def _tallies(conversation: Conversation) -> dict[int, tuple[int, int, int]]:
    return {
        s.number: (s.agree_count, s.disagree_count, s.pass_count)
        for s in Statement.objects.filter(conversation=conversation)
    }


def _counted(conversation: Conversation) -> dict[int, tuple[int, int, int]]:
    votes = Counter(Vote.objects.filter(conversation=conversation).values_list("statement__number", "value"))
    return {
        number: (votes[number, 1], votes[number, -1], votes[number, 0]) for number in _tallies(conversation)
    }


def test_only_the_convener_opens_and_only_once(district: District) -> None:
    host, record, made = _open(district)

    with pytest.raises(NotConvener):
        open_conversation(host, record, actor=district.actor("unit"), terms=Terms("？"), seeds=[])
    with pytest.raises(AlreadyOpen) as already:
        open_conversation(host, record, actor=district.actor("convener"), terms=Terms("？"), seeds=[])
    assert already.value.conversation == made
    assert LedgerEntry.objects.filter(event="conversation.opened", dossier_id=record.pk).count() == 1


def test_nothing_opens_where_nobody_deliberates(district: District) -> None:
    matter = Journey(district).to_assigned().fresh()
    host, record = find_record(matter.number, district.actor("office"))

    with pytest.raises(NotDeliberating):
        open_conversation(host, record, actor=district.actor("office"), terms=Terms("？"), seeds=SEEDS)


def test_a_vote_counts_once_and_its_last_value_stands(district: District) -> None:
    _host, _record, conversation = _open(district)
    voter = Voter(device="a")

    for value in (1, 1, 0, -1):
        cast_vote(conversation, voter=voter, statement_number=0, value=value)

    assert _tallies(conversation)[0] == (0, 1, 0)
    participant = find_participant(conversation, voter)
    assert participant is not None
    assert participant.vote_count == 1
    conversation.refresh_from_db()
    assert (conversation.participant_count, conversation.guest_count) == (1, 1)


def test_no_vote_says_who_cast_it(district: District) -> None:
    _host, _record, conversation = _open(district)
    before = LedgerEntry.objects.count()

    cast_vote(conversation, voter=Voter(device="secret-device"), statement_number=0, value=1)

    assert LedgerEntry.objects.count() == before
    participant = find_participant(conversation, Voter(device="secret-device"))
    assert participant is not None
    assert "secret-device" not in participant.device_digest


def test_a_device_is_another_person_in_another_conversation(district: District) -> None:
    first, second = _open(district)[2], _open(district)[2]
    for conversation in (first, second):
        cast_vote(conversation, voter=Voter(device="same"), statement_number=0, value=1)

    digests = set(Participant.objects.values_list("device_digest", flat=True))

    assert len(digests) == 2


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 2), st.sampled_from([-1, 0, 1])), min_size=1, max_size=30
    )
)
def test_counters_always_agree_with_the_votes(district: District, votes) -> None:
    Vote.objects.all().delete()
    conversation = Conversation.objects.first() or _open(district)[2]
    Statement.objects.update(agree_count=0, disagree_count=0, pass_count=0)

    for person, number, value in votes:
        cast_vote(conversation, voter=Voter(device=f"d{person}"), statement_number=number, value=value)

    assert _tallies(conversation) == _counted(conversation)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_lose_no_vote() -> None:
    district = build_district()
    _host, _record, conversation = _open(district)

    def vote(index: int) -> None:
        try:
            for number in (index % 3, (index + 1) % 3):
                cast_vote(
                    conversation, voter=Voter(device=f"d{index % 20}"), statement_number=number, value=1
                )
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(vote, range(60)))

    conversation.refresh_from_db()
    assert conversation.participant_count == 20
    assert _tallies(conversation) == _counted(conversation)
    assert sum(agree for agree, _no, _pass in _tallies(conversation).values()) == 60


@pytest.mark.parametrize("value", [2, -2, 7])
def test_an_unknown_value_is_refused(district: District, value: int) -> None:
    _host, _record, conversation = _open(district)

    with pytest.raises(ValueError, match="not a valid"):
        cast_vote(conversation, voter=Voter(device="a"), statement_number=0, value=value)


def test_guests_only_where_they_are_taken(district: District) -> None:
    _host, _record, conversation = _open(district, takes_guests=False)

    with pytest.raises(GuestsNotTaken):
        cast_vote(conversation, voter=Voter(device="a"), statement_number=0, value=1)
    cast_vote(conversation, voter=Voter(user_id=district.users["member"].pk), statement_number=0, value=1)


def test_closed_takes_nothing_until_opened_again(district: District) -> None:
    host, record, conversation = _open(district)
    convener = district.actor("convener")
    close_conversation(host, record, conversation, actor=convener)

    with pytest.raises(ConversationClosed):
        cast_vote(conversation, voter=Voter(device="a"), statement_number=0, value=1)
    with pytest.raises(ConversationClosed):
        put_statement(conversation, voter=Voter(device="a"), token=new_token("say"), text="装监控")

    reopen_conversation(host, record, conversation, actor=convener)
    cast_vote(conversation, voter=Voter(device="a"), statement_number=0, value=1)


def test_it_closes_when_the_matter_leaves_deliberation(district: District) -> None:
    journey = Journey(district).to_deliberating()
    host, record = find_record(journey.fresh().number, district.actor("convener"))
    conversation = open_conversation(
        host, record, actor=district.actor("convener"), terms=Terms("村口怎么改？"), seeds=SEEDS
    )
    cast_vote(conversation, voter=Voter(device="a"), statement_number=0, value=1)
    other = Journey(district).to_deliberating().fresh()

    triage.merge_matter(journey.fresh(), actor=district.actor("office"), survivor=other, seen_version=None)

    with pytest.raises(ConversationClosed):
        cast_vote(conversation, voter=Voter(device="b"), statement_number=0, value=1)
    with pytest.raises(ConversationClosed):
        put_statement(conversation, voter=Voter(device="b"), token=new_token("say"), text="装监控")
    assert Vote.objects.count() == 1
    entry = LedgerEntry.objects.get(event="matter.merged")
    assert '"conversation":{"participants":1,"votes":1}' in entry.body


def test_a_passed_closing_time_closes(district: District) -> None:
    _host, _record, conversation = _open(district, closes_at=timezone.now() - timedelta(minutes=1))

    with pytest.raises(ConversationClosed):
        cast_vote(conversation, voter=Voter(device="a"), statement_number=0, value=1)


def test_changed_terms_stand_in_the_history(district: District) -> None:
    host, record, conversation = _open(district)

    change_terms(
        host,
        record,
        conversation,
        actor=district.actor("convener"),
        terms=Terms(question="村口怎么改？", takes_statements=False),
    )

    entry = LedgerEntry.objects.get(event="conversation.changed")
    assert '"changed":["takes_statements"]' in entry.body
    conversation.refresh_from_db()
    with pytest.raises(StatementsNotTaken):
        put_statement(conversation, voter=Voter(device="a"), token=new_token("say"), text="装监控")


def test_next_is_always_one_not_voted_on(district: District) -> None:
    _host, _record, conversation = _open(district)
    voter = Voter(device="a")
    seen = set()

    for _turn in SEEDS:
        statement = next_statement(conversation, find_participant(conversation, voter))
        assert statement is not None
        seen.add(statement.number)
        cast_vote(conversation, voter=voter, statement_number=statement.number, value=1)

    assert seen == {0, 1, 2}
    assert next_statement(conversation, find_participant(conversation, voter)) is None


def test_likely_next_are_those_with_priority(district: District) -> None:
    _host, _record, conversation = _open(district)
    Statement.objects.filter(number=0).update(priority=1000.0)
    Statement.objects.exclude(number=0).update(priority=0.001)

    drawn = Counter(next_statement(conversation, None).number for _turn in range(40))

    assert drawn[0] >= 39


def test_the_priority_is_the_formula(district: District) -> None:
    _host, _record, conversation = _open(district)
    for device, value in (("a", 1), ("b", 1), ("c", 0)):
        cast_vote(conversation, voter=Voter(device=device), statement_number=0, value=value)

    expected = ((1 - 2 / 5) * 1 * (3 / 5) * (1 + 8 * 2 ** (-3 / 5))) ** 2
    assert Statement.objects.get(number=0).priority == pytest.approx(expected)


def test_a_statement_waits_is_accepted_and_its_author_agrees(district: District) -> None:
    host, record, conversation = _open(district)
    token = new_token("say")

    put = put_statement(conversation, voter=Voter(device="a"), token=token, text="公交站往后挪二十米")
    again = put_statement(conversation, voter=Voter(device="a"), token=token, text="公交站往后挪二十米")

    assert (put.statement, again.is_repeat) == (again.statement, True)
    assert put.statement.state == Statement.State.WAITING
    with pytest.raises(Statement.DoesNotExist):
        cast_vote(conversation, voter=Voter(device="b"), statement_number=3, value=1)
    with pytest.raises(NotModerator):
        accept_statement(host, record, put.statement, actor=district.actor("unit"))

    accept_statement(host, record, put.statement, actor=district.actor("convener"))

    assert _tallies(conversation)[3] == (1, 0, 0)


def test_removal_says_who_and_why_and_can_be_undone(district: District) -> None:
    host, record, conversation = _open(district, is_moderated_first=False)
    put = put_statement(conversation, voter=Voter(device="a"), token=new_token("say"), text="卖手机贴膜")
    convener = district.actor("convener")

    removed = remove_statement(host, record, put.statement, actor=convener, reason="广告", label="召集人")

    assert (removed.state, removed.removed_reason, removed.removed_by_label) == ("removed", "广告", "召集人")
    assert LedgerEntry.objects.filter(event="statement.removed").count() == 1
    body = json.loads(LedgerEntry.objects.get(event="statement.removed").body)
    # No words, no reason, no digest of either.
    assert body.keys() == {"event", "dossier", "number", "statement"}
    assert next_statement(conversation, None).number != put.statement.number
    assert accept_statement(host, record, removed, actor=convener).state == "shown"
    assert LedgerEntry.objects.filter(event="statement.restored").count() == 1


def test_near_duplicates_are_pointed_out(district: District) -> None:
    _host, _record, conversation = _open(district)

    found = like(conversation, "村口要装红绿灯")

    assert found is not None
    assert found.number == 0
    assert like(conversation, "公交线路延长到新村") is None


def test_an_excluded_participant_votes_no_more(district: District) -> None:
    host, record, conversation = _open(district)
    convener = district.actor("convener")
    cast_vote(conversation, voter=Voter(device="a"), statement_number=0, value=1)

    exclude_participant(host, record, conversation, 0, actor=convener, is_excluded=True)
    with pytest.raises(NotTakingPart):
        cast_vote(conversation, voter=Voter(device="a"), statement_number=1, value=1)
    with pytest.raises(Participant.DoesNotExist):
        exclude_participant(host, record, conversation, 99, actor=convener, is_excluded=True)
    with pytest.raises(NotConvener):
        exclude_participant(host, record, conversation, 0, actor=district.actor("unit"), is_excluded=False)
