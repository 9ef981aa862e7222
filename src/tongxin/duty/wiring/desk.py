"""What the desk part of duty shows elsewhere."""

from collections.abc import Collection, Sequence

from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.core.actor import Actor
from tongxin.core.models import Attachment


def register() -> None:
    """Called once, when applications start."""
    from tongxin.core.demo import demo_parts
    from tongxin.core.records import RecordKind, WorkPage, register_kind, waiting_sources, work_pages
    from tongxin.directory.registry import station_panels

    register_kind(
        RecordKind(
            code="desk",
            track_url=lambda number: f"/desk/threads/{number}/",
            may_read_file=_may_read_file,
            followed=_followed,
            series={"D": gettext_lazy("线上咨询〔%(year)s〕%(serial)s号")},
            names={"线上咨询": "D", "DESKQUESTION": "D"},  # typed without spaces
        )
    )
    waiting_sources.append(_waiting)
    work_pages.append(WorkPage("/work/desk/", gettext_lazy("线上值班"), _may_open))
    station_panels.append(_panel)
    demo_parts.append(_demo)
    _register_texts()


def _may_read_file(
    actor: Actor | None, dossier_id: int, attachment: Attachment, receipts: Collection[int]
) -> bool:
    """Who asked, and who serves the conversation where it now is. Never anybody."""
    from tongxin.duty.rules_desk import capacity_at
    from tongxin.duty.selectors.desk import member_stations, thread_of_dossier

    thread = thread_of_dossier(dossier_id)
    if thread is None:
        return False
    if thread.receipt_id in receipts:
        return True
    if actor is None:
        return False
    if actor.user_id is not None and thread.receipt.user_id == actor.user_id:
        return True
    return capacity_at(actor, thread, member_stations(actor)) is not None


def _followed(receipt_ids: Sequence[int]) -> list:  # type: ignore[type-arg]
    from tongxin.core.records import Followed, number_text
    from tongxin.duty.process_desk import DESK
    from tongxin.duty.selectors.desk import threads_of_receipts

    return [
        Followed(
            f"/desk/threads/{thread.number}/",
            _("问%(station)s：%(number)s")
            % {"station": thread.station.name, "number": number_text(thread.number)},
            str(DESK.state(thread.state).label),
        )
        for thread in threads_of_receipts(receipt_ids)
    ]


def _may_open(actor: Actor) -> bool:
    from tongxin.duty.rules_desk import may_open_desk

    return may_open_desk(actor)


def _waiting(actor: Actor) -> list:  # type: ignore[type-arg]
    from tongxin.core.records import Waiting
    from tongxin.duty.rules_desk import may_open_desk
    from tongxin.duty.selectors.desk import WAITING, desk_counts

    if not may_open_desk(actor):
        return []
    counts = desk_counts(actor)
    waiting = counts.by_tab[WAITING]
    if not waiting:
        return []
    words = _("线上咨询待答")
    if counts.late:
        words += _("，其中 %(n)s 件已超时") % {"n": counts.late}
    due = None if counts.late else counts.next_due
    return [Waiting("/work/desk/", words, count=waiting, is_late=bool(counts.late), due_at=due)]


def _panel(station):  # type: ignore[no-untyped-def]
    from tongxin.directory.registry import Panel
    from tongxin.duty.selectors.desk import desk_figures

    return Panel("duty/desk/_panel.html", {"station": station, "figures": desk_figures(station)})


def _demo(now) -> None:  # type: ignore[no-untyped-def]
    from tongxin.duty.demo.desk import play

    play(now)


def _register_texts() -> None:
    from tongxin.notices.texts import NoticeText, register_phrase, register_text

    t = gettext_lazy
    page, work = "/desk/threads/%(number)s/", "/work/desk/%(number)s/"
    register_phrase("by_time", "due_time", t("请在%(due_on)s %(due_time)s前答复。"))
    register_phrase("was_due", "due_time", t("应在%(due_on)s %(due_time)s前答复。"))

    def text(code: str, subject, what, url: str, more="") -> None:  # type: ignore[no-untyped-def]
        line = format_lazy("{}{}", "%(number)s ", what)
        register_text(
            code, NoticeText(subject=format_lazy("{}{}", "%(number)s ", subject), line=line, body=format_lazy("{}{}", line, more), url=url)
        )  # fmt: skip

    text("desk.asked", t("有人在线上咨询"), t("有人向%(station)s线上咨询。"), work, "%(by_time)s")
    text("desk.late", t("线上咨询超时没答复"), t("%(station)s的线上咨询超时没有答复。"), work, "%(was_due)s")
    text("desk.unsolved", t("线上咨询评了没解决"), t("%(station)s的线上咨询，居民评了“没解决”。"), work)
    text("desk.answered", t("您的咨询有答复了"), t("%(station)s答复了您的咨询，请打开看。"), page)
    text(
        "desk.transferred",
        t("您的咨询转了工作站"),
        t("您的咨询转到了%(station)s，由那里接着答复。"),
        page,
    )
    text("desk.closed", t("您的咨询已关闭"), t("您的咨询已关闭，可以评一评；再写一句就重新打开。"), page)
    text(
        "desk.converted",
        t("您的咨询转成了事项"),
        t("您的咨询转成了事项%(matter)s，按六步走，进度在咨询页上有链接。"),
        page,
    )
