"""Writes of notices."""

from tongxin.notices.actions.codes import (
    FeatureOff,
    PhoneCodeExpired,
    TooManyCodes,
    check_phone_code,
    forget_old_codes,
    queue_message,
    send_code,
    send_phone_code,
)
from tongxin.notices.actions.deliver import deliver_message, deliver_waiting, waiting_channels
from tongxin.notices.actions.dispatch import Busy, dispatch
from tongxin.notices.actions.gather import make_messages, wake_channels
from tongxin.notices.actions.outbox import (
    Addressee,
    Telling,
    tell,
    tell_many,
    to_followers,
    to_receipt,
    to_role,
    to_user,
    to_webhooks,
    wake,
    wake_dispatcher,
)
from tongxin.notices.actions.resend import drop_messages, resend_messages

__all__ = [
    "Addressee",
    "Busy",
    "FeatureOff",
    "PhoneCodeExpired",
    "Telling",
    "TooManyCodes",
    "check_phone_code",
    "deliver_message",
    "deliver_waiting",
    "dispatch",
    "drop_messages",
    "forget_old_codes",
    "make_messages",
    "queue_message",
    "resend_messages",
    "send_code",
    "send_phone_code",
    "tell",
    "tell_many",
    "to_followers",
    "to_receipt",
    "to_role",
    "to_user",
    "to_webhooks",
    "waiting_channels",
    "wake",
    "wake_channels",
    "wake_dispatcher",
]
