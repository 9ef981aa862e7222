"""Several providers of a channel: whoever can takes it, whoever can't rests, and the office sees why."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from tests.notices.channels.tools import (
    PHONE,
    aliyun_entry,
    notice,
    parcel,
    says_nothing_private,
    tencent_entry,
)
from tests.testing.providers import Aliyun, Reply, Tencent
from tongxin.notices.channels import (
    ChannelError,
    Kind,
    Misconfigured,
    Parcel,
    Refused,
    Temporary,
    is_open,
    provider_reports,
    providers_of,
    reset_provider,
    send_by,
    sending,
)
from tongxin.notices.models import ProviderState

pytestmark = pytest.mark.django_db


@pytest.fixture
def both(configure: Callable[..., None], aliyun: Aliyun, tencent: Tencent) -> None:
    configure(aliyun_entry(aliyun.url), tencent_entry(tencent.url))


def _report(name: str) -> Any:
    return next(report for report in provider_reports() if report.name == name)


def test_the_first_is_asked_first(both, aliyun: Aliyun, tencent: Tencent) -> None:
    sent = send_by("sms", parcel())
    assert (sent.provider, sent.keeps_text) == ("aliyun", False)
    assert len(aliyun.sent) == 1
    assert not tencent.requests


@pytest.mark.parametrize(
    "reply", [Reply(500, b""), Reply(429, {}), Reply(200, b"?"), Reply(200, {}, wait=1.5)]
)
def test_the_second_takes_over_and_the_first_rests(both, aliyun, tencent, reply: Reply) -> None:
    aliyun.plan.append(reply)
    assert send_by("sms", parcel()).provider == "tencent"
    assert send_by("sms", parcel()).provider == "tencent"
    assert len(aliyun.requests) == 1  # it rests: not asked a second time
    assert _report("aliyun").is_resting


def test_it_is_asked_again_after_its_rest_and_rests_twice_as_long(both, aliyun, tencent) -> None:
    aliyun.plan += [Reply(500, b"")] * 2
    start = timezone.now()
    send_by("sms", parcel())
    first = ProviderState.objects.get(pk="aliyun")
    later = first.unavailable_until + timedelta(seconds=1)
    with time_machine.travel(later):
        send_by("sms", parcel())
    assert len(aliyun.requests) == 2
    second = ProviderState.objects.get(pk="aliyun")
    assert second.failures == 2
    assert second.unavailable_until - later >= timedelta(seconds=10)
    assert start <= second.failing_since == first.failing_since < first.unavailable_until


def test_what_fails_together_is_one_failure(both) -> None:
    provider = providers_of("sms")[0]
    for _sender in range(8):
        sending._note_failure(provider, parcel(), Temporary("HTTP 500"))
    state = ProviderState.objects.get(pk="aliyun")
    assert state.failures == 1
    assert state.unavailable_until - timezone.now() < timedelta(seconds=6)


def test_recovery_forgets_the_failures(both, aliyun) -> None:
    aliyun.plan.append(Reply(500, b""))
    send_by("sms", parcel())
    ProviderState.objects.update(unavailable_until=timezone.now())
    assert send_by("sms", parcel()).provider == "aliyun"
    report = _report("aliyun")
    assert (report.failures, report.error, report.is_resting) == (0, "", False)
    assert report.last_sent_at is not None


def test_retry_after_is_kept_within_reason(both, aliyun) -> None:
    aliyun.plan.append(Reply(429, {}, {"Retry-After": "120"}))
    start = timezone.now()
    send_by("sms", parcel())
    assert 120 <= (ProviderState.objects.get(pk="aliyun").unavailable_until - start).total_seconds() <= 140
    ProviderState.objects.all().delete()
    aliyun.plan.append(Reply(429, {}, {"Retry-After": "99999999"}))
    send_by("sms", parcel())
    state = ProviderState.objects.get(pk="aliyun")
    assert state.unavailable_until - timezone.now() < timedelta(hours=7)


def test_a_refused_number_is_asked_of_nobody_else(both, aliyun, tencent) -> None:
    with pytest.raises(Refused):
        send_by("sms", parcel("13800000000"))
    assert not tencent.requests
    assert not _report("aliyun").is_resting


def test_when_nobody_takes_it_the_last_error_is_raised(both, aliyun, tencent) -> None:
    aliyun.plan.append(Reply(500, b""))
    tencent.plan.append(Reply(429, {}))
    with pytest.raises(Temporary) as first:
        send_by("sms", parcel())
    assert (first.value.kind, first.value.was_tried) == (Kind.RATE_LIMITED, True)
    with pytest.raises(Temporary) as second:
        send_by("sms", parcel())
    assert not second.value.was_tried
    assert 1 <= second.value.retry_after <= 6
    assert (len(aliyun.requests), len(tencent.requests)) == (1, 1)


def test_wrong_credentials_are_shown_until_the_settings_change(configure, aliyun, tencent) -> None:
    configure(aliyun_entry(aliyun.url), tencent_entry(tencent.url), TONGXIN_ALIYUN_ACCESS_KEY_SECRET="x" * 20)
    assert send_by("sms", parcel()).provider == "tencent"
    report = _report("aliyun")
    assert report.is_misconfigured
    assert report.is_resting
    assert (report.error_kind, report.error) == (Kind.CREDENTIALS, "SignatureDoesNotMatch")
    assert report.error_label
    with time_machine.travel(timezone.now() + timedelta(minutes=10)):
        send_by("sms", parcel())
    assert len(aliyun.requests) == 1
    configure(aliyun_entry(aliyun.url), tencent_entry(tencent.url))
    assert _report("aliyun").error == ""
    assert send_by("sms", parcel()).provider == "aliyun"


def test_the_office_can_have_it_asked_again(configure, aliyun) -> None:
    configure(aliyun_entry(aliyun.url))
    aliyun.is_paid = False
    with pytest.raises(Misconfigured):
        send_by("sms", parcel())
    with pytest.raises(Misconfigured) as waiting:
        send_by("sms", parcel())
    assert (waiting.value.was_tried, waiting.value.reason) == (False, "isv.AMOUNT_NOT_ENOUGH")
    aliyun.is_paid = True
    assert reset_provider("aliyun")
    assert not reset_provider("nobody")
    assert send_by("sms", parcel()).provider == "aliyun"


def test_a_missing_template_leaves_other_purposes_alone(configure, aliyun) -> None:
    entry = aliyun_entry(aliyun.url)
    entry["templates"]["notice"]["id"] = "SMS_gone"
    configure(entry)
    with pytest.raises(Misconfigured):
        send_by("sms", notice(PHONE))
    assert send_by("sms", parcel()).provider == "aliyun"
    report = _report("aliyun")
    assert (report.error_kind, report.is_resting) == (Kind.TEMPLATE, False)  # still shown


def test_an_unforeseen_error_is_temporary_and_says_nothing(
    both, aliyun, tencent, monkeypatch, caplog
) -> None:
    from tongxin.notices.channels.aliyun import AliyunSms

    def broken(self: Any, given: Any) -> str:
        raise ZeroDivisionError(f"for {given.address}")

    monkeypatch.setattr(AliyunSms, "send", broken)
    assert send_by("sms", parcel()).provider == "tencent"
    assert _report("aliyun").error == "unforeseen ZeroDivisionError"
    assert "ZeroDivisionError" in caplog.text


def test_a_channel_without_providers_waits(configure) -> None:
    configure()
    assert not is_open("sms")
    assert is_open("inbox")
    with pytest.raises(Misconfigured) as none:
        send_by("sms", parcel())
    assert not none.value.was_tried


def test_a_success_is_not_written_with_every_message(both, django_assert_num_queries) -> None:
    send_by("sms", parcel())
    with django_assert_num_queries(1):
        send_by("sms", parcel())


def _taken(given: Parcel) -> bool:
    """Whether somebody took it; an error must be a passing one and name nobody."""
    try:
        send_by("sms", given)
    except ChannelError as error:
        return not (isinstance(error, Temporary) and says_nothing_private(error))
    return True


def test_nothing_is_lost_while_everything_goes_wrong(both, aliyun, tencent) -> None:
    """Through a storm of accidents every parcel is taken in the end, and no error names anybody."""
    storm = [Reply(500, b""), Reply(200, b"?"), Reply(429, {}), Reply(raw=b"")]
    aliyun.plan += storm
    tencent.plan += storm[::-1]
    waiting = [parcel() for _number in range(6)]
    keys, now = {each.key for each in waiting}, timezone.now()
    for round_number in range(20):
        with time_machine.travel(now + timedelta(minutes=2 * round_number)):
            # The servers check the clock; signatures carry the moved time, so check them against it too.
            waiting = [each for each in waiting if not _taken(each)]
    taken = [sent["OutId"] for sent in aliyun.sent] + [sent["SessionContext"] for sent in tencent.sent]
    assert not waiting
    assert sorted(taken) == sorted(keys)


def test_the_demo_sends_nothing_and_keeps_the_text(settings, configure, aliyun) -> None:
    configure(aliyun_entry(aliyun.url))
    settings.DEMO = True
    for channel in ("sms", "email", "wechat", "webhook"):
        sent = send_by(channel, parcel())
        assert (sent.provider, sent.keeps_text) == (f"demo-{channel}", True)
    assert not aliyun.requests


def test_demo_and_console_refuse_in_production(settings, configure, capsys) -> None:
    from tongxin.notices.channels.local import ConsoleProvider, DemoProvider

    configure({"provider": "console", "channel": "sms"})
    send_by("sms", parcel())
    printed = capsys.readouterr().out
    assert "246810" in printed
    assert "138****0045" in printed
    assert PHONE not in printed
    settings.PRODUCTION = True
    for provider in (
        DemoProvider("demo", {"channel": "sms"}),
        ConsoleProvider("console", {"channel": "sms"}),
    ):
        with pytest.raises(Misconfigured):
            provider.send(parcel())
    configure({"provider": "console", "channel": "email"})
    assert not is_open("email")
    assert not capsys.readouterr().out
