"""What the rosters part of duty shows elsewhere: what waits, pages of the work page, what notices say, the demo."""

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from tongxin.accounts.roles import Role, Scope
from tongxin.core.actor import Actor
from tongxin.core.demo import demo_parts
from tongxin.core.records import Waiting, WorkPage, waiting_sources, work_pages
from tongxin.directory.rules import may_keep_any_roster
from tongxin.notices.texts import NoticeText, register_texts

SHIFTS = "/work/shifts/"
LEAVES = "/work/rosters/leaves/"

TEXTS = {
    "roster.published": NoticeText(
        subject=_("%(month)s 的值班表公布了"),
        line=_("%(station)s %(month)s 值班表公布，您有 %(count)s 次，第一次在%(first_on)s"),
        body=_(
            "%(station)s %(month)s 的值班表公布了。您有 %(count)s 次值班，第一次在%(first_on)s。"
            "有事不能来，请早些请假或者找人换班。"
        ),
        url=SHIFTS,
    ),
    "shift.given": NoticeText(
        subject=_("您多了一次值班"),
        line=_("%(station)s %(day_on)s %(hours)s 请您值班"),
        body=_("%(station)s %(day_on)s %(hours)s 请您值班。不能来，请请假或者找人换班。"),
        url=SHIFTS,
    ),
    "shift.taken": NoticeText(
        subject=_("您的一次值班换了人"),
        line=_("%(station)s %(day_on)s %(hours)s 的班不用您值了"),
        body=_("%(station)s %(day_on)s %(hours)s 的班不用您值了，已经另作安排。"),
        url=SHIFTS,
    ),
    "shift.cancelled": NoticeText(
        subject=_("您的一次值班取消了"),
        line=_("%(station)s %(day_on)s %(hours)s 的班取消了"),
        body=_("%(station)s %(day_on)s %(hours)s 的班取消了，不用来了。"),
        url=SHIFTS,
    ),
    "shift.moved": NoticeText(
        subject=_("您的一次值班改了时间"),
        line=_("%(station)s %(from_on)s %(from_hours)s 的班改到%(day_on)s %(hours)s"),
        body=_(
            "%(station)s %(from_on)s %(from_hours)s 的班改到%(day_on)s %(hours)s。不能来，请请假或者找人换班。"
        ),
        url=SHIFTS,
    ),
    "leave.asked": NoticeText(
        subject=_("有委员请假"),
        line=_("委员 %(code)s 请假：%(from_on)s 到 %(to_on)s"),
        body=_("委员 %(code)s 请 %(from_on)s 到 %(to_on)s 的假，请答复。"),
        url=LEAVES,
    ),
    "leave.granted": NoticeText(
        subject=_("同意您请假"),
        line=_("%(from_on)s 到 %(to_on)s 的假同意了"),
        body=_("您请的 %(from_on)s 到 %(to_on)s 的假同意了。这些天里的班由联络员另作安排。"),
        url=SHIFTS,
    ),
    "leave.declined": NoticeText(
        subject=_("请假没有同意"),
        line=_("%(from_on)s 到 %(to_on)s 的假没有同意"),
        body=_("您请的 %(from_on)s 到 %(to_on)s 的假没有同意，理由请打开页面看。也可以找人换班。"),
        url=SHIFTS,
    ),
    "swap.asked": NoticeText(
        subject=_("有委员想跟您换班"),
        line=_("%(station)s %(day_on)s %(hours)s：有委员请您值这个班"),
        body=_("%(station)s %(day_on)s %(hours)s：有委员请您值这个班，请答复。答复之前班还是对方的。"),
        url=SHIFTS,
    ),
    "swap.accepted": NoticeText(
        subject=_("换班成了"),
        line=_("%(station)s %(day_on)s %(hours)s 的班换成了"),
        body=_("%(station)s %(day_on)s %(hours)s 的班换成了，值班表已经更新。"),
        url=SHIFTS,
    ),
    "swap.declined": NoticeText(
        subject=_("对方不能换班"),
        line=_("%(station)s %(day_on)s %(hours)s 的班没有换成，还是您的"),
        body=_("%(station)s %(day_on)s %(hours)s 的班对方不能换，还是您值。可以再问别人。"),
        url=SHIFTS,
    ),
    "swap.void": NoticeText(
        subject=_("换班作废了"),
        line=_("%(station)s %(day_on)s %(hours)s 的换班作废了"),
        body=_(
            "%(station)s %(day_on)s %(hours)s 的换班作废了：班有变动、已经开始，或者有人那时不空。请打开页面看。"
        ),
        url=SHIFTS,
    ),
    "swap.withdrawn": NoticeText(
        subject=_("换班撤回了"),
        line=_("%(station)s %(day_on)s %(hours)s 的换班撤回了，不用答复"),
        body=_("%(station)s %(day_on)s %(hours)s 的换班撤回了，不用答复。"),
        url=SHIFTS,
    ),
}


def _for_members(actor: Actor) -> list[Waiting]:
    """A member's own shift today, and swaps to answer. Two queries, none for anybody else."""
    if not actor.has(Role.MEMBER) or actor.user_id is None:
        return []
    from tongxin.duty.selectors.shifts import count_swaps_to_answer, shifts_today

    lines = [
        Waiting(
            SHIFTS,
            gettext("今天 %(hours)s 在%(station)s值班（%(mode)s）")
            % {"hours": hours, "station": station, "mode": mode},
        )
        for hours, station, mode in shifts_today(actor.user_id)
    ]
    count = count_swaps_to_answer(actor.user_id)
    if count:
        lines.append(Waiting(f"{SHIFTS}#swaps", gettext("有委员请您换班"), count))
    return lines


def _for_keepers(actor: Actor) -> list[Waiting]:
    """Leave to answer and gaps of the next two weeks. Two queries, none for anybody else."""
    if not actor.has(Role.LIAISON, Scope.STATION):
        return []
    from tongxin.duty.selectors.leaves import count_leaves_to_answer
    from tongxin.duty.selectors.rosters import gaps_soon

    lines = []
    if leaves := count_leaves_to_answer(actor):
        lines.append(Waiting(LEAVES, gettext("有委员请假，等您答复"), leaves))
    gaps, first = gaps_soon(actor)
    if gaps:
        words = ngettext("两周内有班没有人值", "两周内有班没有人值", gaps)
        lines.append(Waiting("/work/rosters/", words, gaps, due_at=first))
    return lines


def _play(now):  # type: ignore[no-untyped-def]
    from tongxin.duty.demo.rosters import load_rosters

    load_rosters(now)


def register() -> None:
    """Called once, when applications start."""
    register_texts(TEXTS)
    waiting_sources.extend([_for_members, _for_keepers])
    work_pages.extend(
        [
            WorkPage("/work/rosters/", _("值班表"), may_keep_any_roster),
            WorkPage(LEAVES, _("请假"), may_keep_any_roster),
            WorkPage(SHIFTS, _("我的值班"), lambda actor: actor.has(Role.MEMBER)),
        ]
    )
    demo_parts.append(_play)
