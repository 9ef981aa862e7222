"""A meeting on a matter, for the tests of everything that happens at one."""

from datetime import timedelta

from django.utils import timezone

from tests.testing.district import District, Journey
from tongxin.core.contacts import ContactGiven
from tongxin.core.receipts import new_token
from tongxin.deliberation.actions import room_votes, running, seats
from tongxin.deliberation.hosts import find_record
from tongxin.deliberation.models import (
    Meeting,
    RoomVote,
    SignUp,
)
from tongxin.matters.actions import deliberating, raising

CONTACT = ContactGiven("周明", "13800001234", "同意")


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


def somebody_not_here(world: World) -> SignUp:
    return SignUp.objects.create(meeting=world.meeting, role="resident", at=timezone.now(), seat_number=99)
