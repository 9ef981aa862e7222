"""What reminders say: what is due, by when, what happens next. No personal data, no words of the raiser's."""

from django.utils.translation import gettext_lazy as _

from tongxin.matters.process import SIX_STEPS
from tongxin.notices.texts import NoticeText, register_labels, register_texts

WORK = "/work/matters/%(number)s/"

TEXTS = {
    "clock.before": NoticeText(
        subject=_("%(number)s 快到期了"),
        line=_("%(what)s：%(state)s，%(due_on)s到期%(provisional)s"),
        body=_("%(what)s 现在%(state)s，%(due_on)s到期%(provisional)s。接下来：%(next_step)s。"),
        url=WORK,
    ),
    "clock.after": NoticeText(
        subject=_("%(number)s 超期了"),
        line=_("%(what)s：%(state)s，%(due_on)s到期，已超期%(workdays_late)s个工作日"),
        body=_(
            "%(what)s 现在%(state)s，%(due_on)s就该办好，已超期%(workdays_late)s个工作日。"
            "请尽快办理；再拖下去会报政协办公室和党政领导。接下来：%(next_step)s。"
        ),
        url=WORK,
    ),
    "clock.escalated": NoticeText(
        subject=_("%(number)s 超期%(workdays_late)s个工作日，请督办"),
        line=_("%(what)s：%(state)s，已超期%(workdays_late)s个工作日，请督办"),
        body=_(
            "%(what)s 现在%(state)s，%(due_on)s到期，已超期%(workdays_late)s个工作日，仍没有办。"
            "承办人和能督办的人都收到了这条提醒。接下来：%(next_step)s。"
        ),
        url=WORK,
    ),
    "clock.raiser": NoticeText(
        subject=_("%(number)s 等您来评"),
        line=_("%(what)s：%(due_on)s前请您说一说解决了没有%(provisional)s"),
        body=_(
            "您提的事 %(what)s 等您来评，%(due_on)s截止%(provisional)s。"
            "没解决就说没解决：会重新办理。到期没有评的，按没有人评记录，不算满意。"
        ),
        url="/track/%(number)s/",
    ),
    "promise.before": NoticeText(
        subject=_("%(number)s 承诺的日子快到了"),
        line=_("%(what)s：承诺%(due_on)s前办成"),
        body=_("%(what)s 承诺%(due_on)s前办成。请开始兑现，或者在页面上报进展。"),
        url=WORK,
    ),
    "promise.after": NoticeText(
        subject=_("%(number)s 承诺的日子过了"),
        line=_("%(what)s：承诺%(due_on)s前办成，还没有兑现"),
        body=_("%(what)s 承诺%(due_on)s前办成，还没有兑现。请尽快开始办，或者在页面上公开说明进展。"),
        url=WORK,
    ),
    "promise.escalated": NoticeText(
        subject=_("%(number)s 承诺没有兑现，请督办"),
        line=_("%(what)s：承诺过期%(workdays_late)s个工作日，请督办"),
        body=_(
            "%(what)s 承诺%(due_on)s前办成，已过%(workdays_late)s个工作日，还没有兑现。"
            "它会一直挂在承诺清单上，直到办成。"
        ),
        url=WORK,
    ),
    "minutes.before": NoticeText(
        subject=_("%(number)s 的会议纪要快到期了"),
        line=_("%(what)s：会议纪要%(due_on)s前要公布"),
        body=_("%(what)s 开过会了，纪要%(due_on)s前要公布。没有纪要，事情不能往下走。"),
        url=WORK,
    ),
    "minutes.after": NoticeText(
        subject=_("%(number)s 的会议纪要超期了"),
        line=_("%(what)s：会议纪要%(due_on)s就该公布，还没有"),
        body=_("%(what)s 的会议纪要%(due_on)s就该公布，还没有。请尽快补上；迟交的会如实标明。"),
        url=WORK,
    ),
    "minutes.escalated": NoticeText(
        subject=_("%(number)s 的会议纪要一直没有，请催办"),
        line=_("%(what)s：会议纪要超期%(workdays_late)s个工作日，请催办"),
        body=_("%(what)s 的会议纪要%(due_on)s就该公布，已超期%(workdays_late)s个工作日。请召集人尽快补上。"),
        url=WORK,
    ),
    "meeting.tomorrow": NoticeText(
        subject=_("%(meeting_on)s 开会：%(number)s"),
        line=_("%(meeting_on)s %(time)s 在%(place)s商量 %(what)s"),
        body=_("%(what)s：%(meeting_on)s %(time)s 在%(place)s开会商量，请准时参加。"),
        url="/matters/%(number)s/",
    ),
    "clock.reworked": NoticeText(
        subject=_("工作日历改了，期限重新算过"),
        line=_("工作日历改了，您手上有%(count)s件事的期限重新算过"),
        body=_(
            "工作日历改了，您手上有%(count)s件事的期限重新算过。新的期限在待办清单里，每件事的历史里都有记录。"
        ),
        url="/work/",
    ),
    "clock.moved": NoticeText(
        subject=_("您提的事换了期限"),
        line=_("工作日历改了，您提的事期限从%(before_on)s改到%(due_on)s"),
        body=_(
            "工作日历改了，您提的事这一步的期限从%(before_on)s改到%(due_on)s。用查询码可以看到走到了哪一步。"
        ),
        url="/track/",
    ),
}


def register() -> None:
    """Tell the outbox what reminders say. Called once, when applications start."""
    register_texts(TEXTS)
    register_labels("state", {state.code: state.label for state in SIX_STEPS.states})
    register_labels("next_step", {state.code: state.next_up for state in SIX_STEPS.states})
    register_labels("provisional", {"yes": _("（日历还没公布，暂定）")})
