"""A small invented district with somebody in every role, and matters brought to any state."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from tongxin.accounts.models import RoleAssignment, User
from tongxin.accounts.roles import Role, Scope
from tongxin.core.actor import Actor
from tongxin.core.receipts import Issued, new_token
from tongxin.directory.models import Area, Member, Posting, Sector, Unit, Workstation
from tongxin.matters.actions import (
    acting,
    deciding,
    deliberating,
    publishing,
    raising,
    rating,
    triage,
)
from tongxin.matters.models import Category, Matter


@dataclass
class District:
    """The places, bodies and people of the tests."""

    street: Area
    community: Area
    other_community: Area
    station: Workstation
    street_unit: Unit
    department: Unit
    other_department: Unit
    category: Category
    member: Member
    users: dict[str, User] = field(default_factory=dict)

    def actor(self, name: str) -> Actor:
        """The named user as an actor, read afresh."""
        return User.objects.get(pk=self.users[name].pk).as_actor()


def _user(name: str, role: Role, scope: Scope = Scope.DISTRICT, scope_id: int = 0) -> User:
    user = User.objects.create(username=name, display_name=f"测试{name}")
    user.set_unusable_password()
    user.save()
    RoleAssignment.objects.create(user=user, role=role, scope=scope, scope_id=scope_id)
    return user


def build_district() -> District:
    """Make the district."""
    top = Area.objects.create(code="T", name="示例区", level=Area.Level.DISTRICT)
    street = Area.objects.create(code="T1", name="示例街道", level=Area.Level.STREET, parent=top)
    community = Area.objects.create(code="T101", name="示例甲社区", level=Area.Level.COMMUNITY, parent=street)
    other = Area.objects.create(code="T102", name="示例乙社区", level=Area.Level.COMMUNITY, parent=street)
    station = Workstation.objects.create(code="TW1", name="示例甲社区工作室", area=community)
    street_unit = Unit.objects.create(code="U1", name="示例街道", kind=Unit.Kind.STREET, area=street)
    department = Unit.objects.create(code="U2", name="示例交通局", kind=Unit.Kind.GOVERNMENT)
    other_department = Unit.objects.create(code="U3", name="示例城管局", kind=Unit.Kind.GOVERNMENT)
    category, _made = Category.objects.get_or_create(
        code="road_traffic", defaults={"name": "道路交通", "name_en": "Roads and traffic"}
    )
    sector = Sector.objects.create(name="示例界别")
    users = {
        "member": _user("member", Role.MEMBER),
        "liaison": _user("liaison", Role.LIAISON, Scope.STATION, station.pk),
        "convener": _user("convener", Role.CONVENER, Scope.STREET, street.pk),
        "office": _user("office", Role.OFFICE),
        "decider": _user("decider", Role.DECIDER, Scope.UNIT, street_unit.pk),
        "unit": _user("unit", Role.UNIT, Scope.UNIT, department.pk),
        "other_unit": _user("other_unit", Role.UNIT, Scope.UNIT, other_department.pk),
        "principal": _user("principal", Role.PRINCIPAL),
        "system_admin": _user("system_admin", Role.SYSTEM_ADMIN),
        "security_admin": _user("security_admin", Role.SECURITY_ADMIN),
        "audit_admin": _user("audit_admin", Role.AUDIT_ADMIN),
    }
    member = Member.objects.create(code="M1", name="测试委员甲", sector=sector, user=users["member"])
    Posting.objects.create(member=member, station=station, is_lead=True)
    return District(
        street, community, other, station, street_unit, department, other_department, category, member, users
    )


@dataclass
class Journey:
    """Brings one matter through the steps by the right people; ``at`` moves on a day with every act."""

    district: District
    at: datetime = field(default_factory=lambda: timezone.now() - timedelta(days=120))
    matter: Matter | None = None
    raised: Issued | None = None

    def _now(self, days: int = 1) -> datetime:
        self.at += timedelta(days=days)
        return self.at

    @property
    def raiser(self) -> Actor:
        """The holder of the matter's tracking code."""
        assert self.raised is not None
        return Actor(role=Role.RAISER, label="提事人", receipt_id=self.raised.receipt.pk)

    def fresh(self) -> Matter:
        """The matter as it stands in the database."""
        assert self.matter is not None
        self.matter = Matter.objects.get(pk=self.matter.pk)
        return self.matter

    def to_raised(self, text: str = "村口早上堵车，想装一个红绿灯。") -> "Journey":
        """Step 1."""
        made = raising.raise_matter(
            actor=raising.passer_by(),
            token=new_token("raise"),
            text=text,
            area=self.district.community,
            station=self.district.station,
            source="qr",
            at=self._now(),
        )
        self.matter, self.raised = made.matter, made.issued
        return self

    def to_assigned(self) -> "Journey":
        """A micro-suggestion handed to a department."""
        if self.matter is None:
            self.to_raised()
        triage.accept_suggestion(
            self.fresh(),
            actor=self.district.actor("office"),
            title="村口装红绿灯",
            text="村口早上堵车，想装一个红绿灯。",
            category=self.district.category,
            lead_unit=self.district.department,
            seen_version=None,
            at=self._now(),
        )
        return self

    def to_deliberating(self) -> "Journey":
        """A micro-consultation with a convener and a deciding body."""
        if self.matter is None:
            self.to_raised()
        triage.accept_consultation(
            self.fresh(),
            actor=self.district.actor("office"),
            title="村口装红绿灯",
            text="村口早上堵车，想装一个红绿灯。",
            category=self.district.category,
            decider=self.district.street_unit,
            convener=self.district.member,
            seen_version=None,
            at=self._now(),
        )
        return self

    def to_deciding(self) -> "Journey":
        """A meeting held and minuted, the deliberation concluded."""
        self.to_deliberating()
        convener = self.district.actor("convener")
        meeting = deliberating.call_meeting(
            self.fresh(),
            actor=convener,
            starts_at=self.at + timedelta(days=10),
            place="社区活动室",
            agenda="通报情况\n讨论方案",
            seen_version=None,
            at=self._now(),
        )
        deliberating.record_minutes(
            self.fresh(),
            actor=convener,
            meeting=meeting,
            minutes="大家同意装信号灯；商户担心停车。",
            attendance={"resident": (12, ""), "member": (2, "测试委员甲"), "unit": (1, "")},
            views=[
                deliberating.ViewGiven("consensus", "resident", "装信号灯"),
                deliberating.ViewGiven("dissent", "resident", "商户反对单行"),
            ],
            seen_version=None,
            at=self._now(11),
        )
        deliberating.conclude_deliberation(
            self.fresh(), actor=convener, decider=self.district.street_unit, seen_version=None, at=self._now()
        )
        return self

    def to_decided(self, result: str = "adopted") -> "Journey":
        """The street decides, answering the consensus and the dissent."""
        self.to_deciding()
        matter = self.fresh()
        words = {"consensus": "装灯，写入决定。", "dissent": "暂不单行，先装灯。"}
        deciding.decide_matter(
            matter,
            actor=self.district.actor("decider"),
            result=result,
            reasons="装灯，暂不单行。",
            answers={view.pk: words[view.kind] for view in matter.dossier.views.all()},
            lead_unit=self.district.department,
            workdays=20,
            promised_on=(self.at + timedelta(days=300)).date() if result == "later" else None,
            seen_version=None,
            at=self._now(),
        )
        return self

    def to_published(self, result: str = "adopted") -> "Journey":
        """Published with its objection period."""
        self.to_decided(result)
        publishing.publish_decision(
            self.fresh(),
            actor=self.district.actor("office"),
            public_text="装灯，暂不单行。",
            seen_version=None,
            at=self._now(),
        )
        return self

    def to_handed_over(self, result: str = "adopted") -> "Journey":
        """The objection period is over."""
        self.to_published(result)
        publishing.conclude_publication(
            self.fresh(), actor=self.district.actor("office"), seen_version=None, at=self._now(14)
        )
        return self

    def to_acting(self) -> "Journey":
        """The department has taken the task."""
        self.to_handed_over()
        acting.accept_task(self.fresh(), actor=self.district.actor("unit"), seen_version=None, at=self._now())
        return self

    def to_rating(self) -> "Journey":
        """Done, and open for everyone's rating."""
        self.to_acting()
        self.finish()
        return self

    def finish(self, days: int = 5) -> "Journey":
        """The department reports it done."""
        acting.finish_action(
            self.fresh(),
            actor=self.district.actor("unit"),
            report="信号灯已装好。",
            seen_version=None,
            at=self._now(days),
        )
        return self

    def rate(self, actor: Actor, solved: str = "yes", attitude: int = 5, result: int = 5) -> None:
        """One rating."""
        rating.rate_matter(
            self.fresh(),
            actor=actor,
            solved=solved,
            attitude=attitude,
            result=result,
            words="",
            at=self._now(),
        )
