"""A desk with a second station, its people, and conversations; for the tests of the desk."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.test import Client
from django.utils import timezone

from tests.testing.clients import client_of
from tests.testing.district import District
from tongxin.accounts.models import RoleAssignment, User
from tongxin.accounts.roles import Role, Scope
from tongxin.core.actor import Actor
from tongxin.core.receipts import new_token
from tongxin.directory.models import DutyShift, Member, Posting, Sector, Workstation
from tongxin.duty.actions import desk
from tongxin.duty.actions.desk import Asked
from tongxin.duty.models import DeskThread
from tongxin.matters.actions.raising import passer_by


@dataclass
class Desk:
    """The district's station, another one in the same street, and the street's own."""

    district: District
    other_station: Workstation
    street_station: Workstation

    def ask(self, text: str = "路灯坏了找谁？", station: Workstation | None = None, **more) -> Asked:
        """Somebody without an account asks."""
        return desk.ask_desk(
            station or self.district.station,
            actor=more.pop("actor", None) or passer_by(),
            token=more.pop("token", None) or new_token("desk_ask"),
            text=text,
            **more,
        )

    def write(self, thread: DeskThread, actor: Actor, text: str = "我来看看。", **more):
        """A message."""
        return desk.write_message(thread, actor=actor, token=new_token("desk_say"), text=text, **more)

    def on_line(
        self, station: Workstation | None = None, *, at: datetime | None = None, hours: float = 2
    ) -> DutyShift:
        """The station's member is on line from ``at`` (an hour ago) on."""
        station = station or self.district.station
        begins = at or timezone.now() - timedelta(hours=1)
        posting = Posting.objects.filter(station=station).first()
        assert posting is not None
        return DutyShift.objects.create(
            station=station,
            member=posting.member,
            mode="online",
            starts_at=begins,
            ends_at=begins + timedelta(hours=hours),
        )

    def actor(self, name: str) -> Actor:
        """A person of the district."""
        return self.district.actor(name)

    def client(self, name: str) -> Client:
        """Their browser."""
        return client_of(self.district, name)


def holder(asked: Asked) -> Actor:
    """Whoever holds the receipt of a conversation."""
    return Actor(role=Role.RAISER, label="居民", receipt_id=asked.issued.receipt.pk)


def fresh(asked: Asked) -> DeskThread:
    """The conversation as it stands in the database."""
    return DeskThread.objects.get(pk=asked.thread.pk)


def browser_of(asked: Asked) -> Client:
    """A browser that opened the conversation with its number and code."""
    client = Client()
    answer = client.post("/track/", {"number": asked.thread.number, "code": asked.issued.code})
    assert answer["Location"] == f"/desk/threads/{asked.thread.number}/"
    return client


def _person(district: District, name: str, role: Role, scope: Scope = Scope.DISTRICT, scope_id: int = 0):
    user = User.objects.create(username=name, display_name=f"测试{name}")
    RoleAssignment.objects.create(user=user, role=role, scope=scope, scope_id=scope_id)
    district.users[name] = user
    return user


def build_desk(district: District) -> Desk:
    """Make it."""
    other = Workstation.objects.create(code="TW2", name="示例乙社区工作室", area=district.other_community)
    street = Workstation.objects.create(code="TW0", name="示例街道工作站", area=district.street)
    sector = Sector.objects.first()
    for name, code, station in (("other_member", "M2", other), ("street_member", "M3", street)):
        user = _person(district, name, Role.MEMBER)
        member = Member.objects.create(code=code, name=f"测试委员{code}", sector=sector, user=user)
        Posting.objects.create(member=member, station=station, is_lead=True)
    _person(district, "other_liaison", Role.LIAISON, Scope.STATION, other.pk)
    _person(district, "committee_office", Role.OFFICE, Scope.COMMITTEE, 1)
    return Desk(district, other, street)
