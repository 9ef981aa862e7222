"""What receptions and visits show elsewhere: tracking by code, lines of the work page, notices, the station's page."""

from collections.abc import Collection, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from tongxin.core.actor import Actor
from tongxin.core.models import Attachment
from tongxin.core.records import Followed, RecordKind, Waiting, WorkPage


def _may_read(
    actor: Actor | None, dossier_id: int, attachment: Attachment, receipts: Collection[int]
) -> bool:
    """Receptions have no files: papers belong to the matters."""
    return False


def _followed(receipt_ids: Sequence[int]) -> list[Followed]:
    from tongxin.duty.presenters_reception import clock, day_words, ticket_words
    from tongxin.duty.selectors.reception import tickets_of_receipts

    return [
        Followed(
            reverse("reception_ticket", args=[ticket.reception.number]),
            ticket.reception.title,
            f"{day_words(ticket.slot_at or ticket.made_at)} {clock(ticket.slot_at)} · {ticket_words(ticket)[0]}",
        )
        for ticket in tickets_of_receipts(receipt_ids)
    ]


RECEPTION_KIND = RecordKind(
    code="reception",
    track_url=lambda number: reverse("reception_ticket", args=[number]),
    may_read_file=_may_read,
    followed=_followed,
    series={"R": _l("接待〔%(year)s〕%(serial)s号")},
    names={"接待": "R", "RECEPTION": "R"},
)


def waiting(actor: Actor) -> list[Waiting]:
    """Today's receptions and how many wait. One query."""
    from tongxin.duty.presenters_reception import clock
    from tongxin.duty.rules_reception import may_list
    from tongxin.duty.selectors.reception import receptions_today

    if not may_list(actor):
        return []
    return [
        Waiting(
            reverse("work_reception", args=[reception.number]),
            _("今天的接待：%(title)s %(time)s，等候%(n)s人")
            % {"title": reception.title, "time": clock(reception.starts_at), "n": count},
        )
        for reception, count in receptions_today(actor)
    ]


def _panel(station: Any) -> Any:
    from tongxin.directory.registry import Panel
    from tongxin.duty.selectors.reception import coming_at
    from tongxin.duty.views.reception import row_of

    rows = [row_of(reception, None) for reception in coming_at(station)]
    return Panel("duty/reception/_panel.html", {"rows": rows}) if rows else None


def _register_texts() -> None:
    from tongxin.notices.texts import NoticeText, register_texts

    ticket, work = "/receptions/%(number)s/ticket/", "/work/receptions/%(number)s/"
    texts = {
        "reception.reminder": NoticeText(
            subject=_l("明天的接待预约"),
            line=_l("您约了%(day_on)s %(time)s的接待。"),
            body=_l(
                "您约了%(day_on)s %(time)s的接待：%(title)s，%(station)s %(address)s。来不了请取消，把时间让给别人。"
            ),
            url=ticket,
            short=_l("您约了%(day_on)s %(time)s在%(station)s的接待。来不了请取消。"),
        ),
        "reception.moved": NoticeText(
            subject=_l("接待改期了"),
            line=_l("您约的接待改到%(day_on)s %(time)s。"),
            body=_l(
                "您约的接待（%(title)s）改到%(day_on)s %(time)s，%(station)s %(address)s。不合适可以改时间或者取消。"
            ),
            url=ticket,
            short=_l("您约的接待改到%(day_on)s %(time)s，%(station)s。"),
        ),
        "reception.cancelled": NoticeText(
            subject=_l("接待取消了"),
            line=_l("您约的%(day_on)s %(time)s的接待取消了：%(reason)s"),
            body=_l(
                "您约的%(day_on)s %(time)s的接待（%(title)s，%(station)s）取消了。原因：%(reason)s。可以另约一次，也可以直接在网上提。"
            ),
            url=ticket,
            short=_l("您约的%(day_on)s %(time)s接待取消了：%(reason)s"),
        ),
        "reception.planned": NoticeText(
            subject=_l("请您接待群众"),
            line=_l("请您%(day_on)s %(time)s在%(station)s接待群众。"),
            body=_l("请您%(day_on)s %(time)s在%(station)s接待群众：%(title)s。"),
            url=work,
        ),
        "reception.replanned": NoticeText(
            subject=_l("您的接待改期了"),
            line=_l("您的接待改到%(day_on)s %(time)s，%(station)s。"),
            body=_l("您的接待（%(title)s）改到%(day_on)s %(time)s，%(station)s。"),
            url=work,
        ),
        "reception.off": NoticeText(
            subject=_l("您的接待取消了"),
            line=_l("您%(day_on)s %(time)s在%(station)s的接待取消了。"),
            body=_l("您%(day_on)s %(time)s在%(station)s的接待（%(title)s）取消了。"),
            url=work,
        ),
    }
    register_texts(texts)


def register() -> None:
    """Called once, when applications start."""
    from tongxin.core.demo import demo_parts
    from tongxin.core.records import register_kind, waiting_sources, work_pages
    from tongxin.directory.registry import station_panels
    from tongxin.duty import reception_tasks  # noqa: F401  (importing it is the registration)
    from tongxin.duty.rules_reception import may_list, may_record_visits

    register_kind(RECEPTION_KIND)
    waiting_sources.append(waiting)
    work_pages.append(WorkPage("/work/receptions/", _l("接待"), may_list))
    work_pages.append(WorkPage("/work/visits/", _l("走访记录"), may_record_visits))
    station_panels.append(_panel)
    demo_parts.append(_demo)
    _register_texts()


def _demo(now: Any) -> None:
    from tongxin.duty.demo.reception import play

    play(now)
