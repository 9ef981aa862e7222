"""Writes of notices."""

from tongxin.notices.actions.codes import (
    DELIVERY_TRIES,
    FeatureOff,
    PhoneCodeExpired,
    TooManyCodes,
    check_phone_code,
    deliver_message,
    forget_old_codes,
    queue_message,
    send_phone_code,
)

__all__ = [
    "DELIVERY_TRIES",
    "FeatureOff",
    "PhoneCodeExpired",
    "TooManyCodes",
    "check_phone_code",
    "deliver_message",
    "forget_old_codes",
    "queue_message",
    "send_phone_code",
]
