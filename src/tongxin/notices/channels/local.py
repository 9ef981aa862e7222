"""Providers from which nothing leaves the house: the demo's and the developer's."""

import sys
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from tongxin.notices.channels.base import Misconfigured, Parcel, masked
from tongxin.notices.channels.configuration import ProviderBase
from tongxin.notices.models import Channel


class _Local(ProviderBase):
    required = ("channel",)

    def __init__(self, name: str, values: Mapping[str, Any], fingerprint: str = "") -> None:
        super().__init__(name, values, fingerprint)
        self.channel = Channel(self.values["channel"])

    @classmethod
    def problems(cls, values: Mapping[str, Any]) -> list[str]:
        """The channel must be one that messages leave by; none of this is for production."""
        wrong = values["channel"] not in Channel.values or values["channel"] == Channel.INBOX
        problems = ['needs "channel": email, sms, wechat or webhook'] if wrong else []
        return problems + (["does not work in production"] if settings.PRODUCTION else [])


class DemoProvider(_Local):
    """What would have been sent is read at /demo/messages/."""

    kind = "demo"
    keeps_text = True

    def send(self, parcel: Parcel) -> str:
        """Nothing to do; refuses outside the demo, where the text would stay readable."""
        if not settings.DEMO or settings.PRODUCTION:
            raise Misconfigured("the demo channel works in the demo only")
        return parcel.key


class ConsoleProvider(_Local):
    """For developers: the text goes to standard output, the address masked."""

    kind = "console"

    def send(self, parcel: Parcel) -> str:
        """Print; refuses in production, where codes in a log would be an open door."""
        if settings.PRODUCTION:
            raise Misconfigured("the console channel doesn't work in production")
        title = f" {parcel.subject}:" if parcel.subject else ""
        sys.stdout.write(f"{self.channel} {masked(self.channel, parcel.address)}:{title} {parcel.text}\n")
        return parcel.key
