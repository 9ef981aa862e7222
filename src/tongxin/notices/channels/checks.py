"""Django system checks: mistakes in the channels' settings are said at start-up, in words, without secrets."""

from collections import Counter
from datetime import time
from typing import Any

from django.conf import settings
from django.core import checks

from tongxin.notices.channels.configuration import configured, kinds, name_of, read_entry
from tongxin.notices.models import Channel


@checks.register()
def check_channels(app_configs: Any, **options: Any) -> list[checks.CheckMessage]:
    """Errors for what can't work, warnings for what shouldn't be so in production."""
    listed = settings.TONGXIN.get("channels", [])
    if not isinstance(listed, list):
        return [checks.Error('TONGXIN["channels"] must be a list of objects.', id="notices.E001")]
    found: list[checks.CheckMessage] = []
    good: list[tuple[str, str, dict[str, Any]]] = []
    for number, entry in enumerate(configured(), 1):
        name = name_of(entry) if isinstance(entry, dict) else "?"
        values, problems = read_entry(entry)
        found += [
            checks.Error(f'TONGXIN["channels"] no. {number} ({name}) {problem}.', id="notices.E002")
            for problem in problems
        ]
        if not problems:
            good.append((name, entry["provider"], values))
    twice = [name for name, times in Counter(name for name, _kind, _values in good).items() if times > 1]
    found += [
        checks.Error(
            f'TONGXIN["channels"] has two providers named {name}: give each a "name" of its own.',
            id="notices.E003",
        )
        for name in twice
    ]
    if settings.PRODUCTION:
        found += _in_production(good)
    return found


@checks.register()
def check_hours(app_configs: Any, **options: Any) -> list[checks.CheckMessage]:
    """``waking_hours`` are two times of one day, the first before the second, and digests leave between them."""
    try:
        first, last = (time.fromisoformat(each) for each in settings.TONGXIN["waking_hours"])
        digest = time.fromisoformat(settings.TONGXIN["digest_at"])
    except (KeyError, TypeError, ValueError):
        words = (
            'TONGXIN["waking_hours"] must be two times like ["08:00", "20:00"], "digest_at" one like "08:30".'
        )
        return [checks.Error(words, id="notices.E004")]
    found: list[checks.CheckMessage] = []
    if first >= last:
        found.append(
            checks.Error(
                'TONGXIN["waking_hours"] ends before it begins: nobody would ever be told.', id="notices.E005"
            )
        )
    elif not first <= digest < last:
        found.append(checks.Error('TONGXIN["digest_at"] must lie within "waking_hours".', id="notices.E006"))
    return found


def _in_production(good: list[tuple[str, str, dict[str, Any]]]) -> list[checks.CheckMessage]:
    found: list[checks.CheckMessage] = []
    for name, _kind, values in good:
        if str(values.get("endpoint", "https://")).startswith("http://"):
            found.append(checks.Warning(f"{name} is spoken to without TLS.", id="notices.W001"))
        if values.get("security") == "none":
            found.append(checks.Warning(f"{name} sends mail without TLS.", id="notices.W002"))
    channels = {kinds()[kind].channel for _name, kind, _values in good if hasattr(kinds()[kind], "channel")}
    if Channel.SMS not in channels:
        found.append(
            checks.Warning(
                "No provider for text messages: residents without an account hear nothing.",
                hint="See docs/notices.md.",
                id="notices.W003",
            )
        )
    return found
