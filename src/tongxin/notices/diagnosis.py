"""What the doctor looks at here: messages that wait or died, and who carries them."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tongxin.core.findings import Said, check, good, is_stopped, note, wrong
from tongxin.notices import backlog
from tongxin.notices.channels import is_open, provider_reports
from tongxin.notices.channels.configuration import configured, name_of, read_entry
from tongxin.notices.models import Channel

LATE_MINUTES = 30
"""A message that may leave and has waited longer than this is a delay somebody should look at."""
FRESH = timedelta(days=7)
"""Longer ago somebody has seen it by now and left it; it is mentioned, no more."""


@check("dead_letters", 60, lambda: _("发不出的消息"))
def dead_letters() -> Iterator[Said]:
    """Messages given up, by channel and reason."""
    dead = backlog.dead_by_reason()
    if not dead:
        yield good(_("没有。"))
    for line in dead:
        tell = wrong if timezone.now() - line.newest_at < FRESH else note
        yield tell(
            ngettext(
                "%(channel)s：%(count)s 条，%(reason)s。",
                "%(channel)s：%(count)s 条，%(reason)s。",
                line.count,
            )
            % {"channel": line.channel_label, "count": line.count, "reason": line.reason},
            _("在 /work/messages/ 看原因，修好后重发。"),
        )


@check("backlog", 61, lambda: _("没发出的消息"))
def waiting() -> Iterator[Said]:
    """Messages that wait, by channel and reason, with the age of the oldest."""
    lines = backlog.waiting_by_reason()
    if not lines:
        yield good(_("没有积压。"))
    for line in lines:
        said = _("%(channel)s：%(count)s 条在等，%(reason)s，最早的等了 %(minutes)s 分钟。") % {
            "channel": line.channel_label,
            "count": line.count,
            "reason": line.reason,
            "minutes": line.minutes,
        }
        if line.is_held:
            yield good(
                _("%(channel)s：%(count)s 条，夜里不发，等到早上。")
                % {"channel": line.channel_label, "count": line.count}
            )
        elif line.minutes <= LATE_MINUTES:
            yield good(said)
        elif is_stopped():
            yield note(said, _("启动后会接着发。"))
        else:
            yield wrong(said, _("在 /work/messages/ 看是哪一家的问题。"))


@check("providers", 62, lambda: _("发送渠道"))
def providers() -> Iterator[Said]:
    """How each channel's providers are set up and doing."""
    for entry in configured():
        _values, problems = read_entry(entry)
        for problem in problems:
            yield wrong(
                _("%(name)s 的设置不对：%(problem)s。") % {"name": name_of(entry), "problem": problem},
                _("照 docs/notices.md 改好，再重启。"),
            )
    for channel in Channel:
        if not is_open(channel):
            yield note(_("%(channel)s：没有配置，不发。") % {"channel": channel.label})
    for report in provider_reports():
        name = {
            "channel": backlog.channel_label(report.channel),
            "name": report.name,
            "reason": report.error_label,
            "count": report.failures,
        }
        if report.is_misconfigured:
            yield wrong(
                _("%(channel)s · %(name)s：%(reason)s。") % name,
                _("改好账号、密钥、签名或模板，再在 /work/messages/ 按“再试一次”。"),
            )
        elif report.is_resting:
            yield wrong(
                _("%(channel)s · %(name)s：暂停使用，%(reason)s。") % name,
                _("会自动再试；急的话，在 /work/messages/ 按“再试一次”。"),
            )
        elif report.failures:
            yield note(_("%(channel)s · %(name)s：最近失败 %(count)s 次，%(reason)s。") % name)
        else:
            yield good(_("%(channel)s · %(name)s：正常。") % name)
