"""What people are told of a matter: what happened, what is next and by when. No personal data, no words of residents.

Every text is put together from the same parts: which matter, what happened, what is next. So a digest's line is the
first two, a text message (about 70 characters) the headline and what is next, and a new event needs two phrases.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from tongxin.matters.models import MatterKind, Outcome, Result
from tongxin.notices.texts import NoticeText, register_labels, register_phrase, register_text

Words = str | Promise

HEAD = _("%(number)s%(called)s：")
HEAD_SHORT = _("%(number)s ")
STOP = _("。")
NEXT = _("接下来：%(next_step)s%(by_when)s。")
NEXT_PLAIN = _("接下来：%(next_step)s。")
NEXT_SHORT = _("接下来：%(next_step)s%(by_about)s。")
PAGE = "/%(page)s/%(number)s/"
WORK = "/work/matters/%(number)s/"


@dataclass(frozen=True, slots=True)
class Told:
    """A headline of a few words without the full stop, and what happened as whole sentences.

    ``has_next`` says whether the state's own words on what comes next follow; ``short`` takes the headline's place in a
    text message.
    """

    headline: Words
    what: Words
    has_next: bool = True
    short: Words = ""


MOVED, NEWS = "matter.moved", "matter.news"
"""For a step and for an event that no text is written for."""

EVENTS: dict[str, Told] = {
    MOVED: Told(_("有了新进展"), _("现在%(state)s。")),
    NEWS: Told(_("有了新进展"), _("有了新进展，写在页面上。"), has_next=False),
    # 提
    "matter.more_asked": Told(
        _("请您补充情况"),
        _("审核还要您补充一些情况，问题写在进度页上。等您补充的时候，审核的时间不走。"),
        has_next=False,
    ),
    "matter.accepted": Told(_("已受理"), _("已受理为%(kind)s，交给%(unit)s。")),
    "matter.merged": Told(
        _("并到同一件事里一起办"),
        _("和%(survivor)s是同一件事，并到一起办。那件事每走一步也会告诉您。"),
        has_next=False,
    ),
    "matter.referred": Told(
        _("已转介，理由写在进度页上"), _("不归政协受理，已转给%(refer_to)s，理由写在进度页上。")
    ),
    "matter.declined": Told(
        _("没有受理，理由写在进度页上"), _("没有受理，理由写在进度页上。有新情况可以再提。"), has_next=False
    ),
    # 议
    "meeting.called": Told(
        _("要开会商量"),
        _("%(meeting_on)s %(time)s 在%(place)s开会商量，可以报名参加。"),
        has_next=False,
        short=_("%(meeting_on)s %(time)s开会商量，可以报名"),
    ),
    "meeting.moved": Told(
        _("会议改期了"),
        _("会议改到%(meeting_on)s %(time)s，在%(place)s，已报的名不用再报，理由写在页面上。"),
        has_next=False,
        short=_("会议改到%(meeting_on)s %(time)s"),
    ),
    "meeting.seat_freed": Told(
        _("轮到您的名额了"),
        _("有人退出，您排到了名额。%(meeting_on)s %(time)s，在%(place)s。来不了请在会议页上取消。"),
        has_next=False,
        short=_("%(meeting_on)s %(time)s的会，您有名额了"),
    ),
    "meeting.cancelled": Told(
        _("会议取消了"), _("原定%(meeting_on)s的会议取消了，理由写在页面上。"), has_next=False
    ),
    "meeting.minuted": Told(_("会议纪要公布了"), _("会议纪要公布了，谁说了什么、有什么不同意见都在页面上。")),
    "minutes.amended": Told(_("会议纪要有改动"), _("会议纪要有改动，理由写在页面上。"), has_next=False),
    "matter.deliberated": Told(_("商量完了，送去研究"), _("商量完了，纪要和意见送%(decider)s研究。")),
    # 定、晒
    "matter.decided": Told(_("有决定了，等公示"), _("%(decider)s作出了决定，公示后您就能看到。")),
    "matter.published": Told(
        _("决定正在公示"),
        _("%(decider)s的决定正在公示：%(result)s。%(objections_on)s以前都可以提意见，每一条都要答复。"),
    ),
    "objection.answered": Told(
        _("公示的意见有答复了"), _("公示期间的一条意见有了答复，写在页面上。"), has_next=False
    ),
    "matter.returned": Told(_("决定退回重新研究"), _("公示的决定退回%(decider)s重新研究，理由写在页面上。")),
    "matter.handed_over": Told(_("公示期满，已交办"), _("公示期满，已交给%(unit)s办。")),
    "matter.promised": Told(
        _("承诺以后办"),
        _("%(unit)s承诺以后办%(by_promise)s。没办成以前一直挂在承诺清单上。"),
        has_next=False,
    ),
    "matter.answered": Told(
        _("有答复了，请您评"), _("答复是：%(result)s，理由写在页面上。请您来评，不满意就说不满意。")
    ),
    # 办
    "matter.taken_on": Told(_("有单位接办了"), _("%(unit)s接办了，答复是：%(result)s。")),
    "task.accepted": Told(_("开始办了"), _("%(unit)s开始办了。")),
    "task.taken_back": Told(_("撤回转办，重新审核"), _("转办撤回了，重新审核该由谁办。")),
    "task.objected": Told(_("单位有异议"), _("承办单位认为不该由它办，政协办公室来定。")),
    "task.reassigned": Told(_("定了由谁办"), _("异议有了结果：由%(unit)s办。")),
    "task.progressed": Told(_("报了新进展"), _("%(unit)s报了新进展，写在页面上。"), has_next=False),
    "extension.asked": Told(
        _("单位申请延期"), _("%(unit)s申请延期，理由写在页面上，等政协办公室批复。"), has_next=False
    ),
    "extension.answered": Told(_("延期申请：%(granted)s"), _("延期申请：%(granted)s，理由写在页面上。")),
    "joint.reported": Told(_("会办单位报了意见"), _("会办单位报了意见，写在页面上。"), has_next=False),
    "help.answered": Told(_("帮忙有回应了"), _("承办单位回应了大家的帮忙，写在页面上。"), has_next=False),
    "promise.taken_up": Told(_("开始兑现承诺"), _("%(unit)s开始兑现承诺。")),
    "matter.urged": Told(_("已经催办"), _("已经向该办的单位催办。")),
    # 评
    "matter.done": Told(
        _("说是办完了，请您评"), _("%(unit)s说办完了。请您来评：没解决就说没解决，会重新办。")
    ),
    "matter.reopened": Told(_("重新办理"), _("评价说没解决，按规定重新办理。")),
    "matter.escalated": Told(_("提级督办"), _("重新办过还是没解决，提级到领导督办。")),
    "escalation.redone": Told(_("领导责成重新办"), _("领导责成%(unit)s重新办，要求写在页面上。")),
    "escalation.explained": Told(_("领导作出说明"), _("领导公开说明了为什么暂时办不到，写在页面上。")),
    "matter.rated": Told(_("评完办结"), _("大家评完了，结果是：%(outcome)s。")),
    "matter.followed_up": Told(_("回访，请您再评"), _("办结满30天，请您看看是不是真解决了，再评一次。")),
    "matter.closed": Told(
        _("六步走完，办结"), _("回访完了，六步走完，结果是：%(outcome)s。"), has_next=False
    ),
    # 不在经过里的
    "comment.removed": Told(
        _("一条留言被撤下"), _("您的一条留言被撤下，谁撤的、为什么，写在原来的地方。"), has_next=False
    ),
}

DUTIES: dict[str, Told] = {
    "duty.now": Told(_("轮到您了"), _("轮到您了，现在%(state)s%(by_when)s。")),
    "duty.joint": Told(_("请您会办"), _("请您会办，主办单位是%(unit)s。")),
    "duty.released": Told(_("不再由您承办"), _("不再由您承办，待办清单里不再有这件事。"), has_next=False),
    "duty.objection": Told(_("公示收到一条意见"), _("公示收到一条意见，答复了才能往下办。"), has_next=False),
    "duty.help": Told(_("有人愿意帮忙"), _("有人愿意帮忙，请回应。"), has_next=False),
    "duty.extension": Told(_("申请延期，请批复"), _("%(unit)s申请延期，请批复。"), has_next=False),
    "duty.extension_answered": Told(_("延期申请：%(granted)s"), _("您的延期申请：%(granted)s。")),
    "duty.joint_reported": Told(_("会办单位报了意见"), _("会办单位报了意见，请看。"), has_next=False),
    "duty.urged": Told(_("催办：请尽快办"), _("有人催办这件事，现在%(state)s%(by_when)s，请尽快办。")),
}


def _text(told: Told, url: str, next_words: Words = NEXT) -> NoticeText:
    happened = format_lazy("{}{}", HEAD, told.what)
    brief = format_lazy("{}{}{}", HEAD_SHORT, told.short or told.headline, STOP)
    return NoticeText(
        subject=format_lazy("{}{}", HEAD_SHORT, told.headline),
        line=happened,
        body=format_lazy("{}{}", happened, next_words) if told.has_next else happened,
        short=format_lazy("{}{}", brief, NEXT_SHORT) if told.has_next else brief,
        url=url,
    )


def register() -> None:
    """Tell the outbox what each event says. Called once, when applications start."""
    for code, told in EVENTS.items():
        register_text(code, _text(told, PAGE))
    for code, told in DUTIES.items():
        says_when = "by_when" in str(told.what)
        register_text(code, _text(told, WORK, NEXT_PLAIN if says_when else NEXT))
    register_labels("kind", dict(MatterKind.choices))
    register_labels("result", dict(Result.choices))
    register_labels("outcome", dict(Outcome.choices))
    register_labels("granted", {"yes": _("同意"), "no": _("没有同意")})
    register_labels("about", {"yes": _("（暂定）")})
    register_phrase("called", "title", _("《%(title)s》"))
    register_phrase("by_when", "due_on", _("，%(due_on)s前%(provisional)s"))
    register_phrase("by_about", "due_on", _("，%(due_on)s前%(about)s"))
    register_phrase("by_promise", "promised_on", _("，%(promised_on)s前办成"))
