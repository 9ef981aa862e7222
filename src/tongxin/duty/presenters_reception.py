"""Receptions in words."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from tongxin.duty.models import Reception, Ticket


def day_words(at: datetime) -> str:
    """The day with its day of the week."""
    return date_format(timezone.localtime(at), _("n月j日 l"))


def clock(at: datetime | None) -> str:
    """The time of day."""
    return f"{timezone.localtime(at):%H:%M}" if at else ""


def when_words(reception: Reception) -> str:
    """Day and hours."""
    return f"{day_words(reception.starts_at)} {clock(reception.starts_at)}–{clock(reception.ends_at)}"


def status_of(reception: Reception, at: datetime | None = None) -> tuple[str, str]:
    """Where a reception is, in words, and the tone of its chip."""
    at = at or timezone.now()
    if reception.state == Reception.State.CANCELLED:
        return _("已取消"), "late"
    if reception.state == Reception.State.CLOSED or reception.ends_at < at:
        return _("已结束"), ""
    if reception.state == Reception.State.OPEN:
        return _("正在接待"), "ok"
    return _("已安排"), "info"


def hosts_words(reception: Reception) -> str:
    """Who receives: the public office, the members by name."""
    names = [member.name for member in reception.hosts.all()]
    members = _("%(names)s委员") % {"names": "、".join(names)} if names else ""
    return "、".join(part for part in (reception.host_label, members) if part)


def seats_words(free: int | None) -> str:
    """How many seats can be booked; "" where none are booked."""
    if free is None:
        return ""
    return _("还能约%(n)s个") % {"n": free} if free else _("约满了，可以直接来")


def ticket_words(ticket: Ticket) -> tuple[str, str]:
    """Where a ticket stands, for its holder, and the tone of its chip."""
    if ticket.state == Ticket.State.CALLED:
        return _("正在叫您，请到%(desk)s") % {"desk": ticket.desk}, "soon"
    tones = {
        "booked": "info",
        "waiting": "soon",
        "serving": "ok",
        "done": "ok",
        "left": "",
        "cancelled": "late",
    }
    return str(ticket.get_state_display()), tones.get(ticket.state, "")


def minutes_words(minutes: int) -> str:
    """A wait in words."""
    return _("约%(n)s分钟") % {"n": minutes} if minutes else _("很快")
