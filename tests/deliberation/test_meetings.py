"""Meetings: seats and the queue, check-in, speakers, votes in the room, questions; whatever comes at the same time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tests.testing.district import District, Journey, build_district
from tongxin.core.contacts import ContactGiven
from tongxin.core.models import Entry, LedgerEntry
from tongxin.core.receipts import new_token
from tongxin.deliberation.actions import hearing_questions, meetings, room_votes, running, seats, speaking
from tongxin.deliberation.actions.conversations import NotConvener, Terms, open_conversation
from tongxin.deliberation.actions.voting import Voter
from tongxin.deliberation.hosts import find_record
from tongxin.deliberation.models import (
    AgendaItem,
    Meeting,
    Question,
    RoomBallot,
    RoomVote,
    SignUp,
    Statement,
    Turn,
)
from tongxin.matters.actions import deliberating, raising
from tongxin.notices.models import Notice

CONTACT = ContactGiven("周明", "13800001234", "同意")


@pytest.fixture
def district(db) -> District:
    return build_district()


class World:
    """A meeting on a matter, with its convener."""

    def __init__(self, district: District, **terms) -> None:
        self.district = district
        self.journey = Journey(district, at=timezone.now() - timedelta(days=3))
        self.journey.to_deliberating()
        self.convener = district.actor("convener")
        found = find_record(self.journey.fresh().number, self.convener)
        assert found is not None
        self.host, self.record = found
        terms.setdefault("agenda", "现状和方案｜街道｜20\n大家谈\n")
        self.meeting = deliberating.call_meeting(
            self.journey.fresh(),
            actor=self.convener,
            starts_at=timezone.now() + timedelta(days=20),
            place="社区活动室",
            seen_version=None,
            **terms,
        )

    def fresh(self) -> Meeting:
        self.meeting = Meeting.objects.select_related("dossier").get(pk=self.meeting.pk)
        return self.meeting

    def sign_up(self, actor=None, contact=None) -> SignUp:
        taken = seats.sign_up(
            self.host,
            self.record,
            self.meeting,
            actor=actor or raising.passer_by(),
            token=new_token("sign_up"),
            contact=contact,
        )
        return taken.seat

    def open(self) -> Meeting:
        running.open_meeting(self.host, self.record, self.meeting, actor=self.convener, seen_version=None)
        return self.fresh()

    def here(self, seat: SignUp) -> SignUp:
        return seats.check_in_at_desk(self.host, self.record, seat, actor=self.convener)

    def somebody_here(self) -> SignUp:
        return seats.add_walk_ins(self.host, self.record, self.meeting, actor=self.convener, role="resident")[
            0
        ]

    def put(self, text="先装红绿灯", **more) -> RoomVote:
        return room_votes.put_to_vote(
            self.host, self.record, self.meeting, actor=self.convener, text=text, seen_version=None, **more
        )


@pytest.fixture
def world(district: District) -> World:
    return World(district)


# convening


def test_the_agenda_becomes_points_in_order(world: World) -> None:
    points = list(world.meeting.items.values_list("position", "title", "presenter", "minutes_planned"))
    assert points == [(1, "现状和方案", "街道", 20), (2, "大家谈", "", 15)]


def test_a_hearing_takes_questions_and_a_discussion_does_not(district: District) -> None:
    assert World(district, kind="hearing").meeting.takes_questions
    assert not World(district, kind="discussion").meeting.takes_questions


def test_moving_needs_a_reason_tells_those_with_seats_and_keeps_them(world: World) -> None:
    seat = world.sign_up(contact=CONTACT)
    later = timezone.now() + timedelta(days=30)

    meetings.move_meeting(
        world.host,
        world.record,
        world.meeting,
        actor=world.convener,
        starts_at=later,
        place="小学礼堂",
        reason="活动室漏水",
        seen_version=world.meeting.version,
    )

    moved = world.fresh()
    assert (moved.starts_at, moved.place) == (later, "小学礼堂")
    entry = Entry.objects.get(event="meeting.moved")
    assert (entry.text, entry.data["place_before"]) == ("活动室漏水", "社区活动室")
    assert Notice.objects.filter(template="meeting.moved", receipt_id=seat.receipt_id).count() == 1
    seat.refresh_from_db()
    assert seat.cancelled_at is None


def test_of_two_who_move_it_one_wins_and_the_other_is_told(world: World) -> None:
    seen = world.meeting.version

    def move(place: str) -> None:
        meetings.move_meeting(
            world.host,
            world.record,
            world.meeting,
            actor=world.convener,
            starts_at=timezone.now() + timedelta(days=30),
            place=place,
            reason="换地方",
            seen_version=seen,
        )

    move("甲处")
    with pytest.raises(meetings.MeetingMovedOn):
        move("乙处")
    assert world.fresh().place == "甲处"


def test_strangers_run_nothing(world: World, district: District) -> None:
    for name in ("unit", "liaison", "principal", "decider"):
        with pytest.raises(NotConvener):
            running.open_meeting(
                world.host, world.record, world.meeting, actor=district.actor(name), seen_version=None
            )


# seats


def test_past_the_capacity_one_waits_in_order_and_moves_up_and_is_told(world: World) -> None:
    Meeting.objects.filter(pk=world.meeting.pk).update(capacity=2)
    first, second, third, fourth = (world.sign_up(contact=CONTACT) for _n in range(4))
    assert [s.is_waiting for s in (first, second, third, fourth)] == [False, False, True, True]
    assert [first.seat_number, second.seat_number, third.seat_number] == [1, 2, None]

    moved = seats.give_up_seat(world.host, world.record, first)

    assert moved == [third]
    third.refresh_from_db()
    assert (third.is_waiting, third.seat_number) == (False, 3)
    told = Notice.objects.filter(template="meeting.seat_freed")
    assert list(told.exclude(receipt=None).values_list("receipt_id", flat=True)) == [third.receipt_id]
    assert world.fresh().sign_up_count == 3
    assert seats.give_up_seat(world.host, world.record, first) == []  # twice changes nothing
    assert world.fresh().sign_up_count == 3


def test_members_come_in_their_role_and_take_no_resident_seat(world: World, district: District) -> None:
    Meeting.objects.filter(pk=world.meeting.pk).update(capacity=1)
    member = world.sign_up(district.actor("member"))
    assert (member.role, member.is_waiting) == ("member", False)
    assert not world.sign_up().is_waiting
    with pytest.raises(seats.AlreadySignedUp):
        world.sign_up(district.actor("member"))


def test_more_seats_move_the_queue_up(world: World) -> None:
    Meeting.objects.filter(pk=world.meeting.pk).update(capacity=1)
    people = [world.sign_up() for _n in range(4)]

    running.set_terms(
        world.host,
        world.record,
        world.fresh(),
        actor=world.convener,
        capacity=3,
        seconds_each=120,
        takes_questions=False,
        seen_version=None,
    )

    waiting = [SignUp.objects.get(pk=one.pk).is_waiting for one in people]
    assert waiting == [False, False, False, True]


def test_nobody_signs_up_once_it_began_or_was_cancelled(world: World) -> None:
    Meeting.objects.filter(pk=world.meeting.pk).update(starts_at=timezone.now())
    with pytest.raises(seats.SeatsClosed):
        world.sign_up()
    Meeting.objects.filter(pk=world.meeting.pk).update(
        starts_at=timezone.now() + timedelta(days=3), cancelled_at=timezone.now()
    )
    with pytest.raises(seats.SeatsClosed):
        world.sign_up()


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_never_get_more_seats_than_there_are() -> None:
    world = World(build_district(), capacity=7)
    tokens = [new_token("sign_up") for _n in range(20)]

    def ask(token: str) -> None:
        try:
            seats.sign_up(world.host, world.record, world.meeting, actor=raising.passer_by(), token=token)
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(ask, [*tokens, *tokens[:5]]))

    seated = SignUp.objects.filter(is_waiting=False)
    assert sorted(seated.values_list("seat_number", flat=True)) == [1, 2, 3, 4, 5, 6, 7]
    assert SignUp.objects.filter(is_waiting=True, seat_number=None).count() == 13
    assert world.fresh().sign_up_count == 20


@pytest.mark.django_db(transaction=True)
def test_giving_up_and_cancelling_at_once_end_in_no_deadlock() -> None:
    world = World(build_district(), capacity=3)
    people = [world.sign_up() for _n in range(8)]

    def give_up(seat: SignUp) -> None:
        try:
            seats.give_up_seat(world.host, world.record, seat)
        except seats.SeatsClosed:
            pass
        finally:
            connection.close()

    def cancel(_none: object) -> None:
        try:
            deliberating.cancel_meeting(
                world.journey.matter,
                actor=world.convener,
                meeting=world.meeting,
                reason="停电",
                seen_version=None,
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(9) as pool:
        done = [*(pool.submit(give_up, one) for one in people), pool.submit(cancel, None)]
        for one in done:
            one.result()

    gone = SignUp.objects.exclude(cancelled_at=None).count()
    assert world.fresh().cancelled_at is not None
    assert world.meeting.sign_up_count == 8 - gone


# the day


def test_check_in_by_the_rooms_code_only_while_it_is_open(world: World) -> None:
    seat = world.sign_up()
    key = world.meeting.check_in_key
    with pytest.raises(meetings.MeetingNotOpen):
        seats.check_in_by_key(world.record, seat, key=key)
    world.open()
    with pytest.raises(seats.WrongKey):
        seats.check_in_by_key(world.record, seat, key="guessed")

    assert seats.check_in_by_key(world.record, seat, key=key).checked_in_by == "qr"

    running.renew_key(world.host, world.record, world.meeting, actor=world.convener)
    with pytest.raises(seats.WrongKey):
        seats.check_in_by_key(world.record, seat, key=key)


def test_the_desk_checks_in_takes_back_and_gives_the_waiting_a_number(world: World) -> None:
    Meeting.objects.filter(pk=world.meeting.pk).update(capacity=1)
    _first, waiting = world.sign_up(), world.sign_up()

    came = world.here(waiting)

    assert (came.is_waiting, came.seat_number, came.checked_in_by) == (False, 2, "desk")
    back = seats.check_in_at_desk(world.host, world.record, waiting, actor=world.convener, is_here=False)
    assert back.checked_in_at is None


def test_walk_ins_have_a_role_and_a_number_and_nothing_else(world: World) -> None:
    made = seats.add_walk_ins(
        world.host, world.record, world.meeting, actor=world.convener, role="resident", count=3
    )
    assert [one.seat_number for one in made] == [1, 2, 3]
    assert {(one.receipt_id, one.user_id) for one in made} == {(None, None)}


def test_opened_and_closed_stand_in_the_history_with_the_attendance(world: World, district: District) -> None:
    world.open()
    world.somebody_here()
    world.here(world.sign_up(district.actor("member")))
    turn = speaking.ask_for_floor(world.record, world.somebody_here())
    world.put()

    running.close_meeting(
        world.host, world.record, world.meeting, actor=world.convener, seen_version=world.fresh().version
    )

    entry = Entry.objects.get(event="meeting.closed")
    assert entry.data["attendance"] == {"member": 1, "resident": 2}
    assert RoomVote.objects.get().closed_at is not None
    assert Turn.objects.get(pk=turn.pk).withdrawn_at is not None
    with pytest.raises(meetings.MeetingOver):
        world.here(SignUp.objects.first())


def test_one_point_at_a_time(world: World) -> None:
    world.open()
    first, second = world.meeting.items.all()
    common = {"actor": world.convener}
    running.start_item(world.host, world.record, first, seen_version=world.fresh().version, **common)
    seen = world.fresh().version
    running.start_item(world.host, world.record, second, seen_version=seen, **common)
    with pytest.raises(meetings.MeetingMovedOn):
        running.start_item(world.host, world.record, first, seen_version=seen, **common)

    ended = AgendaItem.objects.get(pk=first.pk).ended_at
    assert ended is not None
    running.end_item(world.host, world.record, second, seen_version=None, **common)
    assert speaking.current_item(world.meeting) is None


# speakers


def test_speakers_in_order_one_at_a_time_timed_by_the_server(world: World) -> None:
    world.open()
    with pytest.raises(speaking.NotCheckedIn):
        speaking.ask_for_floor(world.record, _not_here(world))
    first = speaking.ask_for_floor(world.record, world.somebody_here())
    second = speaking.ask_for_floor(world.record, world.somebody_here())
    assert speaking.ask_for_floor(world.record, second.sign_up).pk == second.pk
    assert (first.label, first.position < second.position) == ("", True)

    at = timezone.now()
    running_turn = speaking.start_turn(
        world.host, world.record, first, actor=world.convener, seen_version=None, at=at
    )
    assert (running_turn.started_at, running_turn.seconds_allowed) == (at, 180)
    with pytest.raises(speaking.FloorTaken):
        speaking.start_turn(world.host, world.record, second, actor=world.convener, seen_version=None)
    speaking.end_turn(world.host, world.record, first, actor=world.convener, seen_version=None)
    with pytest.raises(speaking.NoSuchTurn):
        speaking.start_turn(world.host, world.record, first, actor=world.convener, seen_version=None)


def _not_here(world: World) -> SignUp:
    return SignUp.objects.create(meeting=world.meeting, role="resident", at=timezone.now(), seat_number=99)


def test_the_desk_adds_by_seat_or_role_and_takes_no_residents_name(world: World) -> None:
    world.open()
    here = world.somebody_here()
    common = {"actor": world.convener}
    by_seat = speaking.add_speaker(
        world.host, world.record, world.meeting, seat_number=here.seat_number, **common
    )
    assert by_seat.sign_up == here
    named = speaking.add_speaker(
        world.host, world.record, world.meeting, role="resident", label="周明", **common
    )
    assert named.label == ""
    expert = speaking.add_speaker(
        world.host, world.record, world.meeting, role="expert", label="交通设计院", **common
    )
    assert expert.label == "交通设计院"
    with pytest.raises(speaking.NotCheckedIn):
        speaking.add_speaker(world.host, world.record, world.meeting, seat_number=98, **common)
    speaking.bring_forward(world.host, world.record, expert, seen_version=None, **common)
    order = list(world.meeting.turns.values_list("pk", flat=True))
    assert order == [by_seat.pk, expert.pk, named.pk]


def test_one_withdraws_only_ones_own_turn(world: World) -> None:
    world.open()
    own, other = world.somebody_here(), world.somebody_here()
    turn = speaking.ask_for_floor(world.record, own)
    with pytest.raises(speaking.NoSuchTurn):
        speaking.withdraw_turn(world.record, turn, seat=other)
    speaking.withdraw_turn(world.record, turn, seat=own)
    assert Turn.objects.get(pk=turn.pk).withdrawn_at is not None


@pytest.mark.django_db(transaction=True)
def test_of_two_desks_that_give_the_floor_one_wins() -> None:
    world = World(build_district())
    world.open()
    turns = [speaking.ask_for_floor(world.record, world.somebody_here()) for _n in range(6)]

    def start(turn: Turn) -> str:
        try:
            speaking.start_turn(world.host, world.record, turn, actor=world.convener, seen_version=None)
        except speaking.FloorTaken:
            return "taken"
        finally:
            connection.close()
        return "started"

    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(start, turns))

    assert sorted(said) == ["started", *["taken"] * 5]


# votes in the room


def test_a_vote_counts_phones_and_hands_apart(world: World) -> None:
    world.open()
    people = [world.somebody_here() for _n in range(4)]
    vote = world.put()
    for seat, value in zip(people, (1, 1, 1, -1), strict=True):
        room_votes.cast_ballot(world.record, vote, seat, value=value)
    room_votes.cast_ballot(world.record, vote, people[3], value=0)  # changed one's mind
    room_votes.count_hands(
        world.host, world.record, vote, actor=world.convener, hands={"resident": (5, 2, 0), "unit": (0, 0, 0)}
    )

    closed = room_votes.close_vote(world.host, world.record, vote, actor=world.convener, seen_version=None)

    assert closed.result == {
        "total": [8, 2, 1],
        "hands": [5, 2, 0],
        "phones": 4,
        "withheld": 0,
        "by_role": {"resident": [8, 2, 1]},
    }
    with pytest.raises(room_votes.VoteClosed):
        room_votes.cast_ballot(world.record, vote, people[0], value=-1)
    assert RoomBallot.objects.count() == 4


def test_fewer_than_three_ballots_are_never_shown(world: World) -> None:
    world.open()
    people = [world.somebody_here() for _n in range(2)]
    vote = world.put()
    for seat in people:
        room_votes.cast_ballot(world.record, vote, seat, value=-1)
    vote = room_votes.count_hands(
        world.host, world.record, vote, actor=world.convener, hands={"unit": (1, 0, 0)}
    )

    result = room_votes.tally(vote)

    # With a raised hand they are three: the sum is shown, and nothing that would tell ballots from hands.
    assert result == {"total": [1, 2, 0], "hands": [0, 0, 0], "phones": 2, "withheld": 0, "by_role": {}}
    vote = room_votes.count_hands(world.host, world.record, vote, actor=world.convener, hands={})
    assert room_votes.tally(vote) == {
        "total": [0, 0, 0],
        "hands": [0, 0, 0],
        "phones": 2,
        "withheld": 2,
        "by_role": {},
    }


def test_only_those_checked_in_vote_and_one_statement_at_a_time(world: World) -> None:
    world.open()
    vote = world.put()
    with pytest.raises(speaking.NotCheckedIn):
        room_votes.cast_ballot(world.record, vote, _not_here(world), value=1)
    with pytest.raises(room_votes.VoteRunning):
        world.put("另一条")
    with pytest.raises(ValueError, match="is not a valid"):
        room_votes.cast_ballot(world.record, vote, world.somebody_here(), value=2)


def test_a_statement_of_the_conversation_is_put_with_its_words(world: World, district: District) -> None:
    world.open()
    open_conversation(
        world.host,
        world.record,
        actor=world.convener,
        terms=Terms(question="村口怎么改？"),
        seeds=["村口装红绿灯"],
    )
    statement = Statement.objects.select_related("conversation").get()

    vote = world.put("", statement=statement)

    statement.refresh_from_db()
    assert (vote.text, statement.meeting_id, statement.live_until) == ("村口装红绿灯", world.meeting.pk, None)
    other = World(district)
    other.open()
    with pytest.raises(ValueError, match="statement"):
        other.put("", statement=statement)


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ({"resident": [3, 1, 0]}, {"resident": [3, 1, 0]}),
        ({"resident": [3, 1, 0], "expert": [0, 1, 0]}, {}),
        (
            {"resident": [9, 1, 0], "unit": [3, 0, 0], "expert": [0, 1, 0]},
            {"resident": [9, 1, 0], "rest": [3, 1, 0]},
        ),
        (
            {"resident": [9, 1, 0], "unit": [2, 0, 0], "expert": [0, 1, 0]},
            {"resident": [9, 1, 0], "rest": [2, 1, 0]},
        ),
        ({}, {}),
    ],
)
def test_no_single_vote_shows_through_its_role(counts, shown) -> None:
    assert room_votes.fold(counts) == shown


@pytest.mark.django_db(transaction=True)
def test_ballots_at_once_are_all_counted_once() -> None:
    world = World(build_district())
    world.open()
    people = seats.add_walk_ins(
        world.host, world.record, world.meeting, actor=world.convener, role="resident", count=12
    )
    vote = world.put()

    def cast(seat: SignUp) -> None:
        try:
            room_votes.cast_ballot(world.record, vote, seat, value=1)
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(cast, [*people, *people]))

    assert room_votes.tally(vote)["total"] == [12, 0, 0]


# questions of a hearing


def test_questions_are_masked_moderated_supported_once_and_answered(district: District) -> None:
    world = World(district, kind="hearing")
    token = new_token("question")
    asked = hearing_questions.ask(
        world.record,
        world.meeting,
        actor=raising.passer_by(),
        token=token,
        text="我是13800001234，灯装哪边？",
    )
    again = hearing_questions.ask(
        world.record,
        world.meeting,
        actor=raising.passer_by(),
        token=token,
        text="我是13800001234，灯装哪边？",
    )
    question = asked.question
    assert (again.question, again.issued.is_repeat) == (question, True)
    assert "13800001234" not in question.text
    with pytest.raises(hearing_questions.QuestionsNotTaken):
        hearing_questions.support_question(world.record, question, voter=Voter(device="a"))
    with pytest.raises(hearing_questions.NotModerator):
        hearing_questions.show_question(world.host, world.record, question, actor=district.actor("unit"))

    hearing_questions.show_question(world.host, world.record, question, actor=world.convener)

    supported = [
        hearing_questions.support_question(world.record, question, voter=Voter(device=device))
        for device in "aab"
    ]
    assert supported == [True, False, True]
    assert Question.objects.get().support_count == 2
    hearing_questions.answer_question(
        world.host, world.record, question, actor=world.convener, answer="装在公交站一边。"
    )
    with pytest.raises(hearing_questions.QuestionSettled):
        hearing_questions.remove_question(
            world.host, world.record, question, actor=world.convener, reason="重复"
        )
    assert Question.objects.get().answer == "装在公交站一边。"


def test_a_removed_question_keeps_its_reason_and_stands_in_the_ledger(district: District) -> None:
    world = World(district, kind="hearing")
    question = hearing_questions.ask(
        world.record,
        world.meeting,
        actor=raising.passer_by(),
        token=new_token("question"),
        text="今天吃什么？",
    ).question
    hearing_questions.remove_question(
        world.host, world.record, question, actor=world.convener, reason="与议题无关"
    )
    assert Question.objects.get().removed_reason == "与议题无关"
    assert LedgerEntry.objects.filter(event="question.removed").count() == 1
