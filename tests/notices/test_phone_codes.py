"""One-time codes to phones: limits, expiry, replays."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from tongxin.accounts.models import PhoneCode
from tongxin.core.contacts import sealer
from tongxin.notices import actions
from tongxin.notices.models import Message

pytestmark = pytest.mark.django_db
PHONE = "13800000000"
OTHER = "13900000000"


@pytest.fixture(autouse=True)
def _demo_channel(settings) -> None:
    settings.DEMO = True
    settings.TONGXIN = settings.TONGXIN | {"channels": [{"provider": "demo", "channel": "sms"}]}


def _sent_code() -> str:
    return re.search(r"\d{6}", Message.objects.order_by("-pk")[0].text)[0]


def _wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_the_code_sent_is_right_once() -> None:
    actions.send_phone_code(PHONE)
    code = _sent_code()
    assert actions.check_phone_code(PHONE, _wrong(code)) is False
    assert actions.check_phone_code(PHONE, f" {code[:3]} {code[3:]} ") is True
    with pytest.raises(actions.PhoneCodeExpired) as expired:
        actions.check_phone_code(PHONE, code)
    assert "用过" in expired.value.reason


def test_a_code_is_good_for_its_phone_only() -> None:
    actions.send_phone_code(PHONE)
    code = _sent_code()
    actions.send_phone_code(OTHER)
    if _sent_code() != code:
        assert actions.check_phone_code(OTHER, code) is False
    with pytest.raises(actions.PhoneCodeExpired):
        actions.check_phone_code("13700000000", code)


def test_five_minutes_and_no_more() -> None:
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        actions.send_phone_code(PHONE)
    code = _sent_code()
    with (
        time_machine.travel(now + timedelta(minutes=5, seconds=1), tick=False),
        pytest.raises(actions.PhoneCodeExpired) as expired,
    ):
        actions.check_phone_code(PHONE, code)
    assert "5分钟" in expired.value.reason
    with time_machine.travel(now + timedelta(minutes=4, seconds=59), tick=False):
        assert actions.check_phone_code(PHONE, code) is True


def test_five_tries_and_no_more() -> None:
    actions.send_phone_code(PHONE)
    code = _sent_code()
    for _try in range(5):
        assert actions.check_phone_code(PHONE, _wrong(code)) is False
    with pytest.raises(actions.PhoneCodeExpired):
        actions.check_phone_code(PHONE, code)


def test_a_new_code_kills_the_old_one() -> None:
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        actions.send_phone_code(PHONE)
    old = _sent_code()
    with time_machine.travel(now + timedelta(seconds=61), tick=False):
        actions.send_phone_code(PHONE)
        new = _sent_code()
        if new != old:
            assert actions.check_phone_code(PHONE, old) is False
        assert actions.check_phone_code(PHONE, new) is True


def test_one_a_minute_and_five_an_hour() -> None:
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        actions.send_phone_code(PHONE)
        with pytest.raises(actions.TooManyCodes) as soon:
            actions.send_phone_code(PHONE)
        assert 0 < soon.value.wait <= 61
        actions.send_phone_code(OTHER)
    for minute in (2, 4, 6, 8):
        with time_machine.travel(now + timedelta(minutes=minute), tick=False):
            actions.send_phone_code(PHONE)
    with time_machine.travel(now + timedelta(minutes=10), tick=False):
        with pytest.raises(actions.TooManyCodes) as many:
            actions.send_phone_code(PHONE)
        assert 49 * 60 < many.value.wait <= 50 * 60 + 1
    with time_machine.travel(now + timedelta(minutes=61), tick=False):
        actions.send_phone_code(PHONE)
    assert Message.objects.count() == 7


def test_one_address_cannot_write_to_everybody(settings) -> None:
    settings.TONGXIN = settings.TONGXIN | {"phone_codes_per_address": 3}
    for number in range(3):
        actions.send_phone_code(f"1380000000{number}", address="203.0.113.5")
    with pytest.raises(actions.TooManyCodes):
        actions.send_phone_code("13800000009", address="203.0.113.5")
    actions.send_phone_code("13800000009", address="203.0.113.6")


@pytest.mark.parametrize("typed", ["", "abc", "0" * 5000, "１２３４５６", "\x00", "😀"])
def test_strange_input_is_simply_wrong(typed: str) -> None:
    actions.send_phone_code(PHONE)
    assert actions.check_phone_code(PHONE, typed) is False


def test_neither_phone_nor_code_nor_address_is_readable_in_the_database() -> None:
    actions.send_phone_code(PHONE, address="203.0.113.5")
    row = PhoneCode.objects.values().get()
    message = Message.objects.get()
    assert PHONE not in str(row)
    assert _sent_code() not in str(row["code_digest"])
    assert "203.0.113.5" not in str(row)
    assert PHONE not in message.sealed_address
    assert sealer().unseal(message.sealed_address) == PHONE


def test_off_where_nothing_is_sent(settings) -> None:
    settings.DEMO = False
    settings.TONGXIN = settings.TONGXIN | {"channels": []}
    with pytest.raises(actions.FeatureOff) as off:
        actions.send_phone_code(PHONE)
    assert off.value.reason
    assert not Message.objects.exists()


def test_digests_are_forgotten_after_a_day() -> None:
    with time_machine.travel(timezone.now() - timedelta(days=2), tick=False):
        actions.send_phone_code(PHONE)
    actions.send_phone_code(OTHER)
    assert actions.forget_old_codes() == 1
    assert PhoneCode.objects.count() == 1
