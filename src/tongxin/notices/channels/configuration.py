"""From ``settings.TONGXIN["channels"]`` to providers, and what is wrong with it in words.

The setting is a list of objects in the order in which they are asked, for example
``{"provider": "aliyun", "name": "aliyun", "access_key_id": "…", "sign_name": "…", "templates": {…}}``. Any value can
stand in an environment variable instead: ``"access_key_id_env": "NAME"``. Secrets must; each has a usual name.
In the demo every channel goes to the demo's provider, whatever is configured.
"""

import json
import os
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, ClassVar

from django.conf import settings

from tongxin.core.crypto import lookup_digest
from tongxin.notices.channels.base import Parcel, Provider
from tongxin.notices.models import Channel


class ProviderBase:
    """What providers of every kind share: their settings, read once.

    ``required`` names settings without which nothing works, ``optional`` those with a default, ``secrets`` those that
    come from the environment only, each with the variable's usual name.
    """

    kind: ClassVar[str]
    channel: Channel
    keeps_text: ClassVar[bool] = False
    required: ClassVar[tuple[str, ...]] = ()
    optional: ClassVar[dict[str, Any]] = {}
    secrets: ClassVar[dict[str, str]] = {}
    optional_secrets: ClassVar[tuple[str, ...]] = ()

    def __init__(self, name: str, values: Mapping[str, Any], fingerprint: str = "") -> None:
        self.name = name
        self.fingerprint = fingerprint
        self.values = dict(self.optional) | dict(values)

    def circuit(self, parcel: Parcel) -> str:
        """Failures are counted for the provider as a whole."""
        return self.name

    @classmethod
    def problems(cls, values: Mapping[str, Any]) -> list[str]:
        """What is wrong with the values themselves."""
        return []


def kinds() -> dict[str, type[ProviderBase]]:
    """Every kind of provider by its name in the configuration."""
    from tongxin.notices.channels.aliyun import AliyunSms
    from tongxin.notices.channels.local import ConsoleProvider, DemoProvider
    from tongxin.notices.channels.mail import SmtpProvider
    from tongxin.notices.channels.tencent import TencentSms
    from tongxin.notices.channels.webhook import WebhookProvider
    from tongxin.notices.channels.wechat import WechatTemplates

    every = (
        AliyunSms,
        TencentSms,
        SmtpProvider,
        WechatTemplates,
        WebhookProvider,
        DemoProvider,
        ConsoleProvider,
    )
    return {kind.kind: kind for kind in every}


def providers_of(channel: Channel | str) -> list[Provider]:
    """The channel's providers in the order in which they are asked. Settings with mistakes are left out (see checks)."""
    providers = _providers(
        settings.DEMO and not settings.PRODUCTION,
        json.dumps(settings.TONGXIN.get("channels", []), sort_keys=True, default=str),
        _environment(),
        settings.SECRET_KEY,
    )
    return [provider for provider in providers if provider.channel == channel]


def is_open(channel: Channel | str) -> bool:
    """Whether this district sends by the channel. The inbox is always there."""
    return channel == Channel.INBOX or bool(providers_of(channel))


def configured() -> list[dict[str, Any]]:
    """The raw settings, one object a provider."""
    return list(settings.TONGXIN.get("channels", []))


def _environment() -> tuple[tuple[str, str], ...]:
    """The variables that the settings name; part of what providers are kept under."""
    names = {variable for entry in configured() for variable in _variables(entry).values()}
    return tuple((name, os.environ.get(name, "")) for name in sorted(names))


def _variables(entry: object) -> dict[str, str]:
    """Environment variable by setting: the usual ones of secrets, and those named with ``…_env``."""
    if not isinstance(entry, Mapping):
        return {}
    kind = kinds().get(str(entry.get("provider")))
    named = {str(k)[:-4]: str(v) for k, v in entry.items() if str(k).endswith("_env")}
    return (dict(kind.secrets) if kind else {}) | named


@lru_cache(maxsize=8)
def _providers(
    is_demo: bool, listed: str, environment: tuple[tuple[str, str], ...], key: str
) -> tuple[Provider, ...]:
    from tongxin.notices.channels.local import DemoProvider
    from tongxin.notices.channels.webhook import WebhookProvider

    if is_demo:
        channels = [channel for channel in Channel if channel != Channel.INBOX]
        return tuple(DemoProvider(f"demo-{channel}", {"channel": channel}) for channel in channels)
    found: list[Provider] = []
    for entry in json.loads(listed):
        values, problems = read_entry(entry)
        if problems:
            continue
        kind = kinds()[entry["provider"]]
        mark = lookup_digest(f"provider {json.dumps(values, sort_keys=True)}", key)
        found.append(kind(name_of(entry), values, mark))
    if not any(provider.channel == Channel.WEBHOOK for provider in found):
        # Receivers bring their own secrets, so webhooks need no settings.
        found.append(WebhookProvider("webhook", {}))
    return tuple(found)


def name_of(entry: Mapping[str, Any]) -> str:
    """The name given, or the kind's."""
    return str(entry.get("name") or entry.get("provider"))[:40]


def read_entry(entry: Any) -> tuple[dict[str, Any], list[str]]:
    """The values of one provider with its secrets, and what is wrong with them (no value is ever named)."""
    if not isinstance(entry, Mapping):
        return {}, ["is not an object"]
    kind = kinds().get(str(entry.get("provider")))
    if kind is None:
        return {}, [f'needs "provider": one of {", ".join(kinds())}']
    values: dict[str, Any] = {}
    problems: list[str] = []
    known = {*kind.required, *kind.optional, *kind.secrets}
    for name, value in entry.items():
        if name in {"provider", "name"} or name.endswith("_env"):
            continue
        if name in kind.secrets:
            problems.append(f'has the secret "{name}" in the settings; put it into an environment variable')
        elif name not in known:
            problems.append(f'has the unknown setting "{name}"')
        else:
            values[name] = value
    for name, variable in _variables(entry).items():
        if name not in known:
            problems.append(f'has the unknown setting "{name}_env"')
        elif os.environ.get(variable):
            values[name] = os.environ[variable]
        elif name not in kind.optional_secrets:
            problems.append(f"needs the environment variable {variable} ({name})")
    problems += _missing(kind.required, values)
    return values, problems or kind.problems(values)


def _missing(required: Iterable[str], values: Mapping[str, Any]) -> list[str]:
    return [f'needs "{name}"' for name in required if not values.get(name)]
