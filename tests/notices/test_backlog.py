"""Messages that would not leave: seen by the office with the reason, sent again, given up; all of it in the audit log."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from tests.testing.clients import client_of
from tests.testing.district import District
from tongxin.core.contacts import sealer
from tongxin.core.models import AccessLog
from tongxin.notices import backlog
from tongxin.notices.actions import backlog as actions
from tongxin.notices.models import Message, ProviderState

PHONE, MAIL = "13873120045", "huifang.lin@example.org"
PAGE = "/work/messages/"


def message(status: str = "dead", channel: str = "sms", kind: str = "timeout", **changes) -> Message:
    """One message that did not leave."""
    address = {"sms": PHONE, "email": MAIL}[channel]
    made = Message.objects.create(
        channel=channel, status=status, error_kind=kind, error="no answer in 10 s", tries=5, subject="事情有了进展",
        text="请看", sealed_address=sealer().seal(address), send_after=timezone.now(),
        **changes,
    )  # fmt: skip
    return made


@pytest.fixture
def office(district: District) -> Client:
    return client_of(district, "office")


@pytest.mark.parametrize("who", ["office", "system_admin"])
def test_backlog_reasons_and_addresses_in_part(district: District, who: str) -> None:
    old = message("queued", kind="credentials")
    Message.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=3))
    message("queued", kind="credentials")
    message(channel="email", kind="refused")
    page = client_of(district, who).get(PAGE).content.decode()
    assert "账号、密钥或余额不对" in page
    assert "3 小时" in page.replace("\xa0", " ")
    assert "对方不收这条消息" in page
    assert "h***@example.org" in page
    assert MAIL not in page
    assert PHONE not in page


def test_groups_count_by_channel_and_reason_with_the_oldest(district: District) -> None:
    first = message("queued", kind="timeout")
    Message.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(minutes=40))
    message("sending", kind="timeout")
    message("queued", kind="")
    message("sent")
    message("dropped")
    groups = {(group.channel, group.kind): group for group in backlog.waiting_by_reason()}
    assert {key: group.count for key, group in groups.items()} == {("sms", "timeout"): 2, ("sms", ""): 1}
    assert groups["sms", "timeout"].minutes == 40
    assert backlog.dead_by_reason() == []


@pytest.mark.parametrize(
    ("at", "sent_after", "held", "minutes"),
    [
        ("2026-03-04T23:00", "2026-03-04T19:00", True, 0),  # at night nobody's telephone rings
        ("2026-03-05T08:10", "2026-03-04T19:00", False, 10),
        ("2026-03-04T12:00", "2026-03-04T11:20", False, 40),
        ("2026-03-04T12:00", "2026-03-04T14:00", False, 0),  # not yet
    ],
)
def test_what_nobody_has_tried_waits_since_it_may_leave_nights_not_counted(
    district: District, at: str, sent_after: str, held: bool, minutes: int
) -> None:
    with time_machine.travel("2026-03-01T12:00+08:00", tick=False):
        waiting = message("queued", kind="")
    Message.objects.filter(pk=waiting.pk).update(send_after=f"{sent_after}+08:00")
    with time_machine.travel(f"{at}+08:00", tick=False):
        (group,) = backlog.waiting_by_reason()
        assert (group.is_held, group.minutes) == (held, minutes)


def test_the_list_goes_on_page_by_page_and_asks_little(
    office: Client, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries
) -> None:
    monkeypatch.setattr(backlog, "PAGE", 4)
    made = [message() for _ in range(9)]
    seen, address = [], PAGE
    while address:
        page = office.get(address)
        seen += [letter.pk for letter in page.context["page"].letters]
        address = PAGE + page.context["older"] if page.context["older"] else ""
    assert seen == [row.pk for row in reversed(made)]
    office.get(PAGE)
    with django_assert_max_num_queries(9):
        office.get(PAGE)
    monkeypatch.setattr(backlog, "PAGE", 9)
    with django_assert_max_num_queries(9):
        office.get(PAGE)


def test_chosen_ones_are_sent_again_and_who_did_it_is_kept(office: Client, district: District) -> None:
    chosen, other = message(), message()
    response = office.post(PAGE + "tend/", {"do": "resend", "chosen": [chosen.pk]})
    assert response["Location"] == PAGE
    chosen.refresh_from_db()
    other.refresh_from_db()
    assert (chosen.status, chosen.tries, other.status) == ("queued", 0, "dead")
    noted = AccessLog.objects.get(action="messages.resent")
    assert (noted.user, noted.detail) == (district.users["office"], f"1: #{chosen.pk}")


def test_all_of_one_reason_are_sent_again_and_the_others_stay(office: Client) -> None:
    late, without, refused = message(kind="timeout"), message(kind=""), message(kind="refused")
    office.post(PAGE + "tend/", {"do": "resend_all", "channel": "sms", "kind": "timeout"})
    assert status_of(late, without, refused) == ["queued", "dead", "dead"]
    office.post(PAGE + "tend/", {"do": "resend_all", "channel": "sms", "kind": "none"})
    assert status_of(late, without, refused) == ["queued", "queued", "dead"]
    office.post(PAGE + "tend/", {"do": "resend_all"})
    assert status_of(late, without, refused) == ["queued"] * 3


def status_of(*messages: Message) -> list[str]:
    """As they stand in the database."""
    return [Message.objects.get(pk=row.pk).status for row in messages]


def test_giving_up_needs_a_reason_which_the_auditor_reads(office: Client, district: District) -> None:
    gone = message()
    refused = office.post(PAGE + "tend/", {"do": "drop", "chosen": [gone.pk]})
    assert refused.status_code == 422
    assert "请写一句为什么不再发" in refused.content.decode()
    assert status_of(gone) == ["dead"]
    office.post(PAGE + "tend/", {"do": "drop", "chosen": [gone.pk], "reason": "号码已停用"})
    assert status_of(gone) == ["dropped"]
    page = client_of(district, "audit_admin").get("/work/audit/").content.decode()
    assert "不再发的消息" in page
    assert "号码已停用" in page


@pytest.mark.parametrize(
    "data", [{"do": "resend"}, {"do": "fly"}, {}, {"do": "resend", "chosen": ["x", "9" * 30, "-1"]}]
)
def test_what_makes_no_sense_changes_nothing(office: Client, data: dict) -> None:
    kept = message()
    assert office.post(PAGE + "tend/", data).status_code == 422
    assert office.get(PAGE, {"channel": "pigeon", "kind": "x" * 90, "before": "x"}).status_code == 200
    assert status_of(kept) == ["dead"]
    assert not AccessLog.objects.filter(action__startswith="messages.").exists()


def test_a_provider_left_alone_is_asked_again_at_once(office: Client) -> None:
    ProviderState.objects.create(
        name="webhook", channel="webhook", failures=3, unavailable_until=timezone.now() + timedelta(hours=1)
    )
    office.post(PAGE + "providers/ask-again/", {"name": "webhook"})
    assert ProviderState.objects.get().unavailable_until is None
    assert AccessLog.objects.get(action="provider.reset").detail == "webhook"
    office.post(PAGE + "providers/ask-again/", {"name": "nobody"})
    assert AccessLog.objects.filter(action="provider.reset").count() == 1


@pytest.mark.parametrize("who", ["security_admin", "audit_admin", "member", "unit"])
def test_it_is_nobody_elses(district: District, who: str) -> None:
    kept = message()
    actor = district.actor(who)
    with pytest.raises(actions.NotTheirs):
        actions.resend_dead_letters([kept.pk], actor=actor)
    with pytest.raises(actions.NotTheirs):
        actions.drop_dead_letters([kept.pk], reason="x", actor=actor)
    with pytest.raises(actions.NotTheirs):
        actions.resend_all(channel="", kind=None, actor=actor)
    with pytest.raises(actions.NotTheirs):
        actions.ask_provider_again("webhook", actor=actor)
    assert status_of(kept) == ["dead"]
