"""Channels a text message can leave by. A district names one in ``TONGXIN_SMS_BACKEND``; none means no messages."""

import sys
from typing import Protocol

from django.conf import settings


class DeliveryFailed(Exception):
    """The channel didn't take the message; the text says why, without number or words of the message."""


class Backend(Protocol):
    """One channel. ``keeps_text`` says whether the text may stay in the database after it was sent."""

    keeps_text: bool

    def send(self, phone: str, text: str) -> None:
        """Hand one message over, or raise :class:`DeliveryFailed`."""


def masked(phone: str) -> str:
    """A phone number as it may be shown: the middle is hidden."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else "****"


class DemoBackend:
    """Nothing leaves: what would have been sent is read at /demo/messages/."""

    keeps_text = True

    def send(self, phone: str, text: str) -> None:
        """Nothing to do; refuses outside the demo, where the text would stay readable."""
        if not settings.DEMO or settings.PRODUCTION:
            raise DeliveryFailed("the demo channel works in the demo only")


class ConsoleBackend:
    """For developers: the text goes to standard output, the number masked."""

    keeps_text = False

    def send(self, phone: str, text: str) -> None:
        """Print; refuses in production, where codes in a log would be an open door."""
        if settings.PRODUCTION:
            raise DeliveryFailed("the console channel doesn't work in production")
        sys.stdout.write(f"SMS {masked(phone)}: {text}\n")


class NoBackend:
    """No channel of that name."""

    keeps_text = False

    def send(self, phone: str, text: str) -> None:
        """Refuse."""
        raise DeliveryFailed("no channel is set up")


BACKENDS: dict[str, type[Backend]] = {"demo": DemoBackend, "console": ConsoleBackend}


def backend_named(name: str) -> Backend:
    """The channel of that name; one that refuses when there is none."""
    return BACKENDS.get(name, NoBackend)()
