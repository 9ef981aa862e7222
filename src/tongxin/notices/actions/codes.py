"""One-time codes to phones: urgent messages that leave by the same way as every other."""

import secrets
from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from tongxin.accounts.models import PhoneCode
from tongxin.core.contacts import phone_digest, sealer
from tongxin.core.crypto import lookup_digest
from tongxin.notices.channels import is_open
from tongxin.notices.models import Channel, Message

CODE_DIGITS = 6
VALID_FOR = timedelta(minutes=5)
TRIES = 5
A_MINUTE = timedelta(minutes=1)
AN_HOUR = timedelta(hours=1)
PER_PHONE_AND_HOUR = 5
PER_ADDRESS_AND_HOUR = 30
"""A community's shared address must not be shut out, so it is far above what one phone may ask."""
KEPT_FOR = timedelta(days=1)
"""How long digests of codes stay: the limits need an hour of them, a complaint the day."""
CODE = "code"
"""The purpose of a message with a code; providers have a text of their own for it."""


class FeatureOff(Exception):
    """This district sends no text messages; ``reason`` is text for the reader."""

    def __init__(self) -> None:
        self.reason = _("本区还没有开通短信。请用查询码查进度，或者到工作站来。")
        super().__init__(self.reason)


class TooManyCodes(Exception):
    """A code was asked for too soon or too often; ``wait`` is in seconds, ``reason`` is text for the reader."""

    def __init__(self, wait: int) -> None:
        self.wait = wait
        if wait <= 60:
            self.reason = _("验证码刚发过，请%(seconds)s秒后再要。") % {"seconds": wait}
        else:
            self.reason = _("要得太多了，请%(minutes)s分钟后再试，或者用查询码。") % {
                "minutes": -(-wait // 60)
            }
        super().__init__(self.reason)


class PhoneCodeExpired(Exception):
    """There is no code that could still be right; ``reason`` says why and what to do."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def _code_digest(phone: str, code: str) -> str:
    return lookup_digest(f"phone code {phone_digest(phone)} {code}", settings.SECRET_KEY)


def _one_at_a_time(*digests: str) -> None:
    with connection.cursor() as cursor:
        for digest in sorted(filter(None, digests)):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [digest])


def _check_limits(phone: str, address: str) -> None:
    now = timezone.now()

    def wait_until(moment: object) -> int:
        return max(1, int((moment - now).total_seconds()) + 1)  # type: ignore[operator]

    sent = list(
        PhoneCode.objects.filter(phone_digest=phone, created_at__gt=now - AN_HOUR)
        .order_by("-created_at")
        .values_list("created_at", flat=True)[:PER_PHONE_AND_HOUR]
    )
    if sent and sent[0] > now - A_MINUTE:
        raise TooManyCodes(wait_until(sent[0] + A_MINUTE))
    if len(sent) >= PER_PHONE_AND_HOUR:
        raise TooManyCodes(wait_until(sent[-1] + AN_HOUR))
    if address:
        limit = int(settings.TONGXIN.get("phone_codes_per_address", PER_ADDRESS_AND_HOUR))
        near = list(
            PhoneCode.objects.filter(address_digest=address, created_at__gt=now - AN_HOUR)
            .order_by("-created_at")
            .values_list("created_at", flat=True)[:limit]
        )
        if len(near) >= limit:
            raise TooManyCodes(wait_until(near[-1] + AN_HOUR))


def send_phone_code(phone: str, *, address: str = "") -> None:
    """Send a one-time code to a normalised phone; see :func:`send_code`."""
    send_code(Channel.SMS, phone, address=address)


@transaction.atomic
def send_code(channel: Channel | str, to: str, *, address: str = "") -> None:
    """Send a one-time code by text message or e-mail: six digits, five minutes, five tries; an older code is dead.

    ``to`` is the normalised phone or mail address, ``address`` the client's network address; only keyed digests are
    kept. At most one code a minute and five an hour go to one phone or mail address. Raises :class:`FeatureOff` where nothing is sent and :class:`TooManyCodes` above the limits.
    What the caller shows must not depend on whether the phone is known.
    """
    if channel not in {Channel.SMS, Channel.EMAIL} or not is_open(channel):
        raise FeatureOff
    phone_key = phone_digest(to)
    address_key = lookup_digest(f"address {address}", settings.SECRET_KEY) if address else ""
    _one_at_a_time(phone_key, address_key)
    _check_limits(phone_key, address_key)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    PhoneCode.objects.create(
        phone_digest=phone_key, code_digest=_code_digest(to, code), address_digest=address_key
    )
    text = _("您的验证码是 %(code)s，5分钟内有效。不要告诉别人。") % {"code": code}
    queue_message(
        to,
        text=text,
        data={"code": code},
        channel=channel,
        subject=_("您的验证码是 %(code)s") % {"code": code},
    )


def check_phone_code(phone: str, code: str) -> bool:
    """Whether this is the code sent last to this phone or mail address. A right code is used up by the answer; a wrong one costs a try.

    Raises :class:`PhoneCodeExpired` when no code could be right any more: none sent, used, older than five minutes, or
    five wrong tries. Commits by itself (the tries must count), so don't call it inside a transaction.
    """
    with transaction.atomic():
        row = (
            PhoneCode.objects.select_for_update()
            .filter(phone_digest=phone_digest(phone))
            .order_by("-pk")
            .first()
        )
        if row is None:
            raise PhoneCodeExpired(_("请先获取验证码。"))
        if row.used_at is not None:
            raise PhoneCodeExpired(_("这个验证码已经用过了，请重新获取。"))
        if timezone.now() - row.created_at > VALID_FOR:
            raise PhoneCodeExpired(_("验证码过了5分钟，失效了，请重新获取。"))
        if row.tries >= TRIES:
            raise PhoneCodeExpired(_("输错的次数太多，这个验证码作废了，请重新获取。"))
        typed = "".join(code.split())
        if constant_time_compare(_code_digest(phone, typed), row.code_digest):
            row.used_at = timezone.now()
            row.save(update_fields=["used_at"])
            return True
        row.tries += 1
        row.save(update_fields=["tries"])
        return False


def queue_message(
    to: str,
    *,
    text: str,
    purpose: str = CODE,
    data: Mapping[str, str] | None = None,
    channel: Channel | str = Channel.SMS,
    subject: str = "",
) -> Message:
    """Write an urgent message and queue its delivery in the caller's transaction; nothing leaves if that is undone.

    Urgent: at any hour and before everything else, and not at all when it is five minutes late.
    """
    message = Message.objects.create(
        channel=channel,
        purpose=purpose,
        sealed_address=sealer().seal(to),
        subject=subject if channel == Channel.EMAIL else "",
        text=text,
        data=dict(data or {}),
        language=get_language() or settings.LANGUAGE_CODE,
        is_urgent=True,
        send_after=timezone.now(),
    )
    app.configure_task("tongxin.notices.tasks.deliver", queue="notices", priority=10).defer(
        message_id=message.pk
    )
    return message


@transaction.atomic
def forget_old_codes() -> int:
    """Delete digests of codes after a day; returns how many."""
    count, _by_model = PhoneCode.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()
    return count
