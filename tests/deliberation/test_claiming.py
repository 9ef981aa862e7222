"""Votes given on a device before signing in: claimed, they are one person's; every counter agrees with the votes."""

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.deliberation.test_voting import _counted, _open, _tallies
from tests.testing.clients import client_of
from tests.testing.district import District, build_district
from tongxin.core.receipts import new_token
from tongxin.deliberation.actions.conversations import close_conversation
from tongxin.deliberation.actions.statements import put_statement
from tongxin.deliberation.actions.voting import (
    ConversationClosed,
    Voter,
    cast_vote,
    claim_votes,
    find_guest,
    find_participant,
)
from tongxin.deliberation.models import Participant, Statement, Vote


@pytest.fixture
def district(db) -> District:
    return build_district()


def _account(district: District) -> Voter:
    return Voter(user_id=district.users["member"].pk, role="member")


def _add_up(conversation) -> None:
    assert _tallies(conversation) == _counted(conversation)
    conversation.refresh_from_db()
    people = Participant.objects.filter(conversation=conversation)
    assert conversation.participant_count == people.count()
    assert conversation.guest_count == people.filter(user=None).count()
    for person in people:
        assert person.vote_count == person.votes.count()


def test_a_first_vote_by_account_can_be_the_devices(district: District) -> None:
    _host, _record, conversation = _open(district)
    cast_vote(conversation, voter=Voter(device="a"), statement_number=0, value=1)

    claimed = claim_votes(conversation, voter=_account(district), device="a")

    assert (claimed.user_id, claimed.role) == (district.users["member"].pk, "member")
    _add_up(conversation)
    assert find_guest(conversation, "a") is None
    # Whoever takes the same device next is somebody else.
    other = cast_vote(conversation, voter=Voter(device="a"), statement_number=0, value=-1)
    assert other.pk != claimed.pk
    _add_up(conversation)


@pytest.mark.django_db(transaction=True)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    guest=st.dictionaries(st.integers(0, 2), st.sampled_from([-1, 0, 1]), min_size=1),
    own=st.dictionaries(st.integers(0, 2), st.sampled_from([-1, 0, 1])),
)
def test_whatever_was_voted_both_ways_one_person_remains(guest: dict[int, int], own: dict[int, int]) -> None:
    from django.db import transaction

    with transaction.atomic():
        district = build_district()
        _host, _record, conversation = _open(district)
        cast_vote(conversation, voter=Voter(device="other"), statement_number=1, value=1)
        for number, value in guest.items():
            cast_vote(conversation, voter=Voter(device="a"), statement_number=number, value=value)
        for number, value in own.items():
            cast_vote(conversation, voter=_account(district), statement_number=number, value=value)

        claimed = claim_votes(conversation, voter=_account(district), device="a")

        _add_up(conversation)
        votes = dict(Vote.objects.filter(participant=claimed).values_list("statement__number", "value"))
        assert votes == guest | own
        assert conversation.guest_count == 1
        # The next one to take part gets a number that nobody has.
        cast_vote(conversation, voter=Voter(device="new"), statement_number=0, value=1)
        _add_up(conversation)
        transaction.set_rollback(True)


def test_statements_of_the_device_come_along(district: District) -> None:
    _host, _record, conversation = _open(district)
    cast_vote(conversation, voter=_account(district), statement_number=0, value=1)
    cast_vote(conversation, voter=Voter(device="a"), statement_number=0, value=1)
    put_statement(conversation, voter=Voter(device="a"), token=new_token("statement"), text="公交线路延长")

    claimed = claim_votes(conversation, voter=_account(district), device="a")

    assert Statement.objects.get(text="公交线路延长").author == claimed


def test_nothing_is_claimed_after_the_end_or_without_an_account(district: District) -> None:
    host, record, conversation = _open(district)
    cast_vote(conversation, voter=Voter(device="a"), statement_number=0, value=1)

    with pytest.raises(ValueError, match="account"):
        claim_votes(conversation, voter=Voter(device="b"), device="a")
    assert claim_votes(conversation, voter=_account(district), device="unknown") is None
    close_conversation(host, record, conversation, actor=district.actor("convener"))
    with pytest.raises(ConversationClosed):
        claim_votes(conversation, voter=_account(district), device="a")
    assert find_participant(conversation, Voter(device="a")).user_id is None


def test_the_page_asks_whose_votes_these_are(district: District) -> None:
    _host, record, conversation = _open(district)
    client = Client()
    client.post(reverse("opinions_vote", args=[record.number]), {"statement": "0", "vote": "agree"})
    page = reverse("opinions", args=[record.number])
    claim = reverse("opinions_claim", args=[record.number])
    assert "这台设备上的表态是您的吗" not in client.get(page).text
    assert client.post(claim).status_code == 404

    cookies = client.cookies
    client = client_of(district, "member")
    client.cookies["device"] = cookies["device"].value

    assert "这台设备上的表态是您的吗" in client.get(page).text
    assert client.post(claim, follow=True).text.count("您只算一个人") == 1
    assert "这台设备上的表态是您的吗" not in client.get(page).text
    _add_up(conversation)
