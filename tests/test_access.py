"""Every address × method × role against one explicit table. An address that is not in the table fails the suite."""

import re
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.test import Client, TestCase
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from tests.testing.clients import client_of
from tests.testing.diaries import diary_arguments
from tests.testing.district import Journey, build_district
from tests.testing.receptions import reception_arguments
from tongxin.core.models import CalendarDay
from tongxin.core.receipts import new_token
from tongxin.deliberation.actions import hearing_questions
from tongxin.deliberation.actions.conversations import Terms, open_conversation
from tongxin.deliberation.actions.voting import Voter, cast_vote
from tongxin.deliberation.hosts import find_record
from tongxin.directory.models import DutyShift
from tongxin.duty.actions.desk import ask_desk
from tongxin.duty.actions.rosters.slots import SlotGiven, add_slots
from tongxin.duty.models import CannedAnswer, PosterBatch, RosterPattern
from tongxin.matters.actions import deliberating, raising
from tongxin.notices.unsubscribing import unsubscribe_path

ROLES = (
    "member",
    "liaison",
    "convener",
    "office",
    "decider",
    "unit",
    "other_unit",
    "principal",
    "system_admin",
    "security_admin",
    "audit_admin",
)
VISITOR = "visitor"
ALL = frozenset({VISITOR, *ROLES})
SIGNED_IN = frozenset(ROLES)
NOBODY: frozenset[str] = frozenset()
METHOD_REFUSED = None
"""The method is not allowed for anybody (405)."""

OFFICE = frozenset({"office"})
READERS = frozenset({"office", "liaison"})
CONVENERS = frozenset({"office", "convener", "member"})  # the member is the matter's acting convener
SECURITY = frozenset({"security_admin"})
AUDIT = frozenset({"audit_admin"})
SYSTEM = frozenset({"system_admin"})
IMPORTERS = frozenset({"office", "system_admin"})
TENDERS = frozenset({"office", "system_admin"})
DUTY = frozenset({"office", "liaison"})
DESK = frozenset({"office", "liaison", "member"})
MEMBER = frozenset({"member"})
SECOND_FACTOR = frozenset(ROLES)


@dataclass(frozen=True)
class Row:
    """Who may read and who may write at one address; everybody else gets 404 (a visitor is asked to sign in)."""

    read: frozenset[str] | None
    write: frozenset[str] | None = METHOD_REFUSED
    arguments: str = ""


# fmt: off
TABLE = {
    # the site
    "home": Row(ALL), "about": Row(ALL), "privacy": Row(ALL), "board": Row(ALL), "promises": Row(ALL), "healthz": Row(ALL),
    "healthz_live": Row(ALL), "healthz_ready": Row(ALL), "metrics": Row(ALL),  # the last from this machine, as here
    "style": Row(NOBODY),  # demo and debugging only
    "set_elder": Row(METHOD_REFUSED, ALL), "set_language": Row(METHOD_REFUSED, ALL),
    "ledger": Row(ALL), "ledger_entries": Row(ALL), "ledger_verifier": Row(ALL),
    # the directory
    "stations": Row(ALL), "station": Row(ALL, arguments="station"), "station_poster": Row(ALL, arguments="station"),
    "station_qr": Row(ALL, arguments="station"), "members": Row(ALL), "units": Row(ALL), "unit": Row(ALL, arguments="unit"),
    "import_start": Row(IMPORTERS, IMPORTERS), "import_template": Row(IMPORTERS, arguments="template"),
    "import_batch": Row(IMPORTERS, arguments="batch"), "import_faults": Row(IMPORTERS, arguments="batch"),
    "import_confirm": Row(METHOD_REFUSED, IMPORTERS, "batch"), "import_cancel": Row(METHOD_REFUSED, IMPORTERS, "batch"),
    # rosters
    "duty": Row(DUTY), "rosters": Row(DUTY, OFFICE), "roster_leaves": Row(DUTY, NOBODY),  # no leave of that number
    "roster": Row(DUTY, DUTY, "roster"), "roster_add": Row(DUTY, DUTY, "roster"), "roster_slot": Row(DUTY, DUTY, "slot"),
    "roster_patterns": Row(DUTY, DUTY, "station"), "roster_pattern": Row(DUTY, DUTY, "pattern"),
    "my_shifts": Row(frozenset({"member"}), frozenset({"member"})),
    "shift_swap": Row(frozenset({"member"}), frozenset({"member"}), "shift"),
    # the online desk
    "desk": Row(ALL), "desk_ask": Row(ALL, ALL, "station"), "desk_thread": Row(ALL, NOBODY, "talk"),  # led to the code
    "desk_close": Row(METHOD_REFUSED, NOBODY, "talk"), "desk_rate": Row(METHOD_REFUSED, NOBODY, "talk"),
    "desk_erase": Row(METHOD_REFUSED, NOBODY, "talk"), "work_desk": Row(DESK),
    "work_desk_thread": Row(DESK, DESK, "talk"), "work_desk_close": Row(METHOD_REFUSED, DESK, "talk"),
    "work_desk_transfer": Row(DESK, DESK, "talk"), "work_desk_convert": Row(DESK, DESK, "talk"),
    "work_desk_canned": Row(DUTY, DUTY), "work_desk_canned_edit": Row(DUTY, DUTY, "canned"),
    # raising, tracking, reading, joining
    "raise": Row(ALL, ALL), "raise_similar": Row(ALL), "raise_done": Row(NOBODY),  # only with its own token
    "track": Row(ALL, ALL), "track_phone": Row(NOBODY, NOBODY),  # no SMS backend in the tests
    "track_matter": Row(ALL, arguments="public"),
    # without the code: asked for it
    "track_answer": Row(METHOD_REFUSED, ALL, "public"), "track_withdraw": Row(METHOD_REFUSED, ALL, "public"),
    "track_urge": Row(METHOD_REFUSED, ALL, "public"),
    "track_erase": Row(METHOD_REFUSED, ALL, "public"),  # without the code: asked for it
    "matter_list": Row(ALL), "matter_detail": Row(ALL, arguments="public"), "matter_print": Row(ALL, arguments="public"),
    "matter_me_too": Row(ALL, ALL, "public"), "matter_comment": Row(ALL, ALL, "public"),
    "matter_object": Row(NOBODY, ALL, "public"),  # nothing to object to; who writes late is told, text kept
    "matter_help": Row(NOBODY, ALL, "public"),  # nobody acts yet; likewise
    "matter_rate": Row(ALL, frozenset({"member"}), "public"),  # not to be rated yet, and says so
    "meeting_sign_up": Row(ALL, ALL, "meeting"), "file": Row(NOBODY, arguments="file"),
    # the work of those signed in
    "work_list": Row(SIGNED_IN), "work_search": Row(SIGNED_IN), "work_bulk": Row(METHOD_REFUSED, SIGNED_IN),
    "work_export": Row(SIGNED_IN),
    "work_bulk_result": Row(NOBODY, arguments="deed"), "work_bulk_undo": Row(METHOD_REFUSED, NOBODY, "deed"),  # each their own
    "work_calendar": Row(SIGNED_IN), "work_calendar_feed": Row(SIGNED_IN, SIGNED_IN), "work_categories": Row(OFFICE, OFFICE),
    "calendar_feed": Row(NOBODY, arguments="feed"),  # only with its own secret
    "work_enter": Row(READERS, READERS), "work_entered": Row(SIGNED_IN),  # without its own token: back to the work list
    "work_matter": Row(READERS, arguments="internal"),  # before the triage only they
    "work_contact": Row(METHOD_REFUSED, READERS, "internal"),
    "work_letter": Row(NOBODY, arguments="internal"), "work_letter_file": Row(NOBODY, arguments="letter"),
    "work_do": Row(READERS, READERS, "triage"),
    "work_remove_comment": Row(frozenset({"office", "convener", "member"}), frozenset({"office", "convener", "member"}), "comment"),
    # conversations
    "opinions": Row(ALL, arguments="public"), "opinions_vote": Row(ALL, ALL, "public"), "opinions_say": Row(ALL, ALL, "public"),
    "opinions_said": Row(ALL, arguments="public"), "opinions_mine": Row(ALL, ALL, "public"),
    "opinions_claim": Row(METHOD_REFUSED, SIGNED_IN, "public"),
    "opinions_map": Row(ALL, arguments="public"), "opinions_print": Row(ALL, arguments="public"),
    "opinions_export": Row(ALL, arguments="export"),
    "opinions_statement": Row(ALL, arguments="statement"),
    "opinions_keep": Row(CONVENERS, CONVENERS, "public"), "opinions_terms": Row(CONVENERS, CONVENERS, "public"),
    "opinions_close": Row(METHOD_REFUSED, CONVENERS, "public"), "opinions_seed": Row(METHOD_REFUSED, CONVENERS, "public"),
    "opinions_import": Row(CONVENERS, CONVENERS, "public"),
    "opinions_moderate": Row(CONVENERS, CONVENERS, "statement"),
    "opinions_take_in": Row(METHOD_REFUSED, CONVENERS, "participant"),
    # a meeting's papers
    "meeting_attendance_file": Row(CONVENERS, arguments="paper"), "meeting_minutes_file": Row(CONVENERS, arguments="paper"),
    "meetings": Row(ALL), "meeting": Row(ALL, arguments="gathering"), "meeting_ics": Row(ALL, arguments="gathering"),
    "meeting_seat": Row(ALL, ALL, "gathering"), "meeting_check_in": Row(ALL, ALL, "gathering"),
    "meeting_ask": Row(ALL, ALL, "gathering"), "meeting_support": Row(METHOD_REFUSED, ALL, "hearing_question"),
    "meeting_screen": Row(ALL, arguments="gathering"),
    "work_meeting": Row(CONVENERS, arguments="gathering"), "work_meeting_do": Row(METHOD_REFUSED, CONVENERS, "gathering_deed"),
    "work_meeting_move": Row(CONVENERS, CONVENERS, "gathering"), "work_meeting_terms": Row(CONVENERS, CONVENERS, "gathering"),
    "work_meeting_add_item": Row(CONVENERS, CONVENERS, "gathering"),
    "work_meeting_item": Row(CONVENERS, CONVENERS, "agenda_item"), "work_meeting_code": Row(CONVENERS, arguments="gathering"),
    "meeting_minutes": Row(NOBODY, arguments="paper"),  # not confirmed yet
    "work_meeting_minutes": Row(CONVENERS, CONVENERS, "minutes"), "work_meeting_link": Row(METHOD_REFUSED, CONVENERS, "minutes"),
    # administrators
    "people": Row(SECURITY), "new_person": Row(SECURITY, SECURITY), "person": Row(SECURITY, arguments="person"),
    "person_grant": Row(METHOD_REFUSED, SECURITY, "person"), "person_end_role": Row(METHOD_REFUSED, SECURITY, "assignment"),
    "person_disable": Row(METHOD_REFUSED, SECURITY, "person"), "person_enable": Row(METHOD_REFUSED, SECURITY, "person"),
    "person_renew": Row(METHOD_REFUSED, SECURITY, "person"),
    "audit": Row(AUDIT), "audit_export": Row(AUDIT),
    "tended_messages": Row(TENDERS), "tend_messages": Row(METHOD_REFUSED, TENDERS), "ask_provider_again": Row(METHOD_REFUSED, TENDERS),
    "inbox": Row(SIGNED_IN), "inbox_mark": Row(METHOD_REFUSED, SIGNED_IN), "inbox_open": Row(NOBODY, arguments="notice"),
    "notice_preferences": Row(SIGNED_IN, SIGNED_IN), "notice_address": Row(NOBODY, NOBODY, "channel"),  # none open in the tests
    "notice_address_remove": Row(METHOD_REFUSED, SIGNED_IN, "channel"),
    "notice_wechat": Row(NOBODY, NOBODY), "notice_wechat_return": Row(NOBODY), "unsubscribe_short": Row(NOBODY, arguments="token"),
    "follow": Row(ALL, ALL, "followed"), "following": Row(SIGNED_IN), "unfollow": Row(METHOD_REFUSED, NOBODY, "notice"),
    "unsubscribe": Row(NOBODY, NOBODY, "stop"),  # whoever has a link of their own
    "system": Row(SYSTEM), "system_verify": Row(METHOD_REFUSED, SYSTEM),
    "calendar_days": Row(IMPORTERS), "calendar_add_day": Row(METHOD_REFUSED, IMPORTERS),
    "calendar_check": Row(METHOD_REFUSED, IMPORTERS), "calendar_apply": Row(METHOD_REFUSED, IMPORTERS),
    "calendar_remove_day": Row(METHOD_REFUSED, IMPORTERS, "day"),
    # signing in
    "account_login": Row(ALL, ALL), "account_logout": Row(ALL, ALL), "account_inactive": Row(ALL),
    "account_change_password": Row(SIGNED_IN, SIGNED_IN), "account_set_password": Row(SIGNED_IN),
    "account_reauthenticate": Row(SIGNED_IN, SIGNED_IN), "account_welcome": Row(NOBODY, NOBODY, "token"),
    "mfa_index": Row(SIGNED_IN), "mfa_authenticate": Row(SIGNED_IN, SIGNED_IN), "mfa_reauthenticate": Row(SIGNED_IN, SIGNED_IN),
    "mfa_activate_totp": Row(SIGNED_IN, SIGNED_IN), "mfa_deactivate_totp": Row(NOBODY, NOBODY),
    "mfa_view_recovery_codes": Row(NOBODY), "mfa_generate_recovery_codes": Row(SIGNED_IN, SIGNED_IN),
    "mfa_download_recovery_codes": Row(NOBODY),
    # without a network
    "manifest": Row(ALL), "service_worker": Row(ALL), "offline": Row(ALL), "offline_icon": Row(ALL, arguments="icon"),
    "offline_tokens": Row(NOBODY), "offline_shell": Row(READERS, arguments="kept_form"),  # a token: only for a form
    # posters, portraits and numbers
    "station_poster_pdf": Row(ALL, arguments="station"), "numbers_sources": Row(ALL), "numbers_sources_csv": Row(ALL),
    "work_posters": Row(DUTY, DUTY), "work_posters_batch": Row(OFFICE, arguments="posters"),
    "work_posters_again": Row(METHOD_REFUSED, OFFICE, "posters"), "work_posters_file": Row(OFFICE, arguments="posters"),
    "member_portrait": Row(NOBODY, arguments="portrait"),  # nobody gave one
    "work_portrait": Row(frozenset({"member"}), frozenset({"member"})),
    "work_portrait_withdraw": Row(METHOD_REFUSED, frozenset({"member"})),
    # the duty diary and yearly records
    "diary": Row(MEMBER), "diary_new": Row(MEMBER, MEMBER), "diary_missing": Row(MEMBER, MEMBER),
    "diary_entry": Row(MEMBER | OFFICE, MEMBER, "diary"), "diary_withdraw": Row(METHOD_REFUSED, MEMBER, "diary"),
    "diary_contest": Row(MEMBER, MEMBER, "diary"), "contests": Row(MEMBER | OFFICE), "contest": Row(MEMBER | OFFICE, OFFICE, "contest"),
    "contest_withdraw": Row(METHOD_REFUSED, MEMBER, "contest"), "records": Row(OFFICE),
    "record": Row(MEMBER | OFFICE, arguments="record"), "record_file": Row(MEMBER | OFFICE, arguments="record_file"),
    "member": Row(ALL, arguments="member"),
    # receptions and visits
    "receptions": Row(ALL), "reception": Row(ALL, arguments="reception"), "reception_book": Row(ALL, ALL, "reception"),
    "reception_booked": Row(NOBODY, arguments="reception"),  # only with its own token
    "reception_ticket": Row(ALL, ALL, "reception"), "reception_ics": Row(NOBODY, arguments="reception_ticket"),  # asked for the code
    "reception_screen": Row(ALL, arguments="reception"),
    "work_receptions": Row(DUTY | MEMBER), "work_reception_plan": Row(DUTY, DUTY),
    "work_reception": Row(DUTY | MEMBER, arguments="reception"),  # the member receives there
    "work_reception_do": Row(METHOD_REFUSED, DUTY | MEMBER, "reception"),
    "work_reception_change": Row(DUTY, DUTY, "reception"), "work_reception_cancel": Row(DUTY, DUTY, "reception"),
    "work_ticket_do": Row(METHOD_REFUSED, DUTY | MEMBER, "reception_ticket"), "work_ticket_slip": Row(DUTY | MEMBER, arguments="reception_ticket"),
    "work_ticket_enter": Row(DUTY | MEMBER, DUTY | MEMBER, "reception_ticket"),
    "work_ticket_receipt": Row(NOBODY, arguments="reception_ticket"),  # only with its own token
    "visits": Row(DUTY | MEMBER), "visit_new": Row(DUTY | MEMBER, DUTY | MEMBER), "visit": Row(DUTY | MEMBER, arguments="visit"),
    "visit_receipts": Row(NOBODY),  # only with its own token
    # the demo, switched off here as in production
    "demo": Row(NOBODY), "demo_step_into": Row(METHOD_REFUSED, NOBODY), "demo_messages": Row(NOBODY),
}
# fmt: on


def names(resolver: URLResolver | None = None) -> list[str]:
    """Every named address; one without a name is listed by its pattern."""
    found = []
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            found += names(pattern)
        elif isinstance(pattern, URLPattern):
            found.append(pattern.name or str(pattern.pattern))
    return found


def test_every_address_is_in_the_table():
    listed = set(names())
    assert listed - set(TABLE) == set(), "addresses without a row"
    assert set(TABLE) - listed <= {"style"}, "rows without an address"


def build_world() -> dict[str, list]:
    """What the addresses speak of, by the word in their row; and the district."""
    district = build_district()
    internal = Journey(district).to_raised().fresh()
    journey = Journey(district).to_deliberating()
    comment, _issued = deliberating.add_comment(
        journey.fresh(), actor=raising.passer_by(), token=new_token("comment"), text="支持", stance="support"
    )
    meeting = deliberating.call_meeting(
        journey.fresh(),
        actor=district.actor("convener"),
        starts_at=timezone.now() + timedelta(days=20),
        place="社区",
        agenda="议程",
        seen_version=None,
    )
    host, record = find_record(journey.fresh().number, district.actor("convener"))
    conversation = open_conversation(
        host,
        record,
        actor=district.actor("convener"),
        terms=Terms(question="村口怎么改？"),
        seeds=["村口装红绿灯", "派人疏导"],
    )
    cast_vote(conversation, voter=Voter(device="somebody"), statement_number=0, value=1)
    meeting.takes_questions = True
    meeting.save()
    question = hearing_questions.ask(
        journey.fresh(),
        meeting,
        actor=raising.passer_by(),
        token=new_token("question"),
        text="灯装在哪一边？",
    ).question
    other = district.users["other_unit"]
    public = journey.fresh().number
    soon = timezone.now() + timedelta(days=3)
    given = SlotGiven("online", soon, soon + timedelta(hours=2), district.member)
    [roster_slot] = add_slots(district.station, given, actor=district.actor("office"))
    pattern = RosterPattern.objects.create(
        station=district.station,
        name="每周",
        mode="online",
        rule="weekdays",
        days=[1],
        starts="09:00",
        ends="11:00",
    )
    duty_shift = DutyShift.objects.create(
        station=district.station, member=district.member, mode="online",
        starts_at=soon + timedelta(days=1), ends_at=soon + timedelta(days=1, hours=1),
    )  # fmt: skip
    return {
        "": [],
        "station": [district.station.code],
        "unit": [district.department.code],
        "template": ["members", "csv"],
        "batch": [4_000_000],
        "shift": [duty_shift.pk],
        "roster": [district.station.code, f"{roster_slot.roster.month:%Y-%m}"],
        "slot": [roster_slot.pk],
        "pattern": [pattern.pk],
        "deed": [4_000_000],
        "feed": ["nonsense"],
        "public": [public],
        "internal": [internal.number],
        "triage": [internal.number, "decline"],
        "meeting": [public, meeting.pk],
        "gathering": [meeting.pk],
        "gathering_deed": [meeting.pk, "walk-in"],
        "agenda_item": [meeting.pk, meeting.items.get().pk],
        "hearing_question": [meeting.pk, question.pk],
        "paper": [meeting.pk, "pdf"],
        "minutes": [meeting.pk],
        "letter": [internal.number, "pdf"],
        "comment": [public, comment.pk],
        "file": ["0" * 32],
        "statement": [public, 0],
        "export": [public, "votes"],
        "participant": [public, 0],
        "notice": [4_000_000],
        "channel": ["email"],
        "followed": ["matter", public],
        "talk": [
            ask_desk(
                district.station,
                actor=raising.passer_by(),
                token=new_token("desk_ask"),
                text="路灯坏了找谁？",
            ).thread.number
        ],
        "canned": [CannedAnswer.objects.create(title="报修", text="报编号。", station=district.station).pk],
        "stop": [unsubscribe_path("s4000000", "email").split("/")[2]],
        "person": [other.pk],
        "assignment": [other.pk, other.role_assignments.get().pk],
        "day": [CalendarDay.objects.create(day="2031-01-01", is_workday=False).pk],
        "token": ["nonsense"],
        **diary_arguments(district),
        **reception_arguments(district),
        "posters": [
            PosterBatch.objects.create(
                language="zh",
                total=1,
                station_ids=[district.station.pk],
                asked_by=district.users["office"],
                asked_at=timezone.now(),
            ).pk
        ],
        "portrait": [district.member.code],
        "icon": ["192.png"],
        "kept_form": ["enter"],
        "cookies": [{name: client_of(district, name).cookies["sessionid"].value for name in ROLES}],
    }


def shape(response) -> int:
    """The status, with a redirect to the sign-in page told apart as 401 and "no longer there" as 404."""
    if response.status_code == 302 and re.match(r"/accounts/(login|reauth)", response["Location"]):
        return 401
    return 404 if response.status_code == 410 else response.status_code


SAYS_NO = {"account_reauthenticate", "mfa_reauthenticate", "account_inactive"}
"""Pages whose own answer is 403: nothing to confirm oneself with in these tests; an account switched off."""

NOT_THERE = {"import_batch", "import_faults", "import_confirm", "import_cancel"}
"""Nothing of that number exists in this world: allowed or not, it is 404 (their own tests make some)."""

TO_SIGN_IN = {"account_logout", "mfa_activate_totp"}
"""Where the way leads through the sign-in page even for those who may."""


def is_right(name: str, who: str, allowed: frozenset[str] | None, status: int) -> bool:
    """Whether that answer to that person is what the table says."""
    if allowed is METHOD_REFUSED:
        return status in {405, 404} or (who == VISITOR and status == 401)
    if who in allowed and name not in NOT_THERE:
        return (
            status in {200, 302, 400, 409, 422, 429}
            or (status == 401 and name in TO_SIGN_IN)
            or (status == 403 and name in SAYS_NO)
        )
    return status in ({401, 404} if who == VISITOR else {404})


class EveryAddress:
    """One world for a quarter of the rows; whatever a request changes is undone before the next."""

    quarter: int

    @classmethod
    def setUpTestData(cls):
        cls.arguments = build_world()

    def test_every_address_method_and_role(self):
        wrong = []
        present = set(names())
        for name, row in list(TABLE.items())[self.quarter :: 4]:
            if name not in present:
                continue
            arguments = self.arguments[row.arguments]
            if name == "import_template":
                address = reverse(name, kwargs=dict(zip(("kind", "extension"), arguments, strict=True)))
            else:
                address = reverse(name, args=arguments)
            for who in sorted(ALL):
                for method, allowed in (("get", row.read), ("post", row.write)):
                    status = self.ask(who, method, address)
                    if not is_right(name, who, allowed, status):
                        wrong.append(f"{method.upper()} {address} by {who}: {status}")
        assert not wrong, "\n".join(wrong)

    def ask(self, who: str, method: str, address: str) -> int:
        """The status of one request by one person, with nothing left behind."""
        client = Client()
        if who != VISITOR:
            client.cookies["sessionid"] = self.arguments["cookies"][0][who]
        with transaction.atomic():
            status = shape(getattr(client, method)(address))
            transaction.set_rollback(True)
        return status


class TestFirstQuarter(EveryAddress, TestCase):
    quarter = 0


class TestSecondQuarter(EveryAddress, TestCase):
    quarter = 1


class TestThirdQuarter(EveryAddress, TestCase):
    quarter = 2


class TestFourthQuarter(EveryAddress, TestCase):
    quarter = 3
