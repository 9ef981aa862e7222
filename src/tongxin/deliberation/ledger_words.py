"""What the ledger's page calls the events of a deliberation."""

from django.utils.translation import gettext_lazy as _

from tongxin.core.ledger_words import register_words

WORDS = {
    "conversation.opened": _("开始征集意见"),
    "conversation.changed": _("改了意见征集的设置"),
    "conversation.closed": _("意见征集结束"),
    "conversation.reopened": _("重新征集意见"),
    "conversation.cleaned": _("意见征集有不计的表态"),
    "conversation.imported": _("导入了意见征集"),
    "statement.removed": _("移除一条观点"),
    "statement.restored": _("恢复一条观点"),
    "conclusion.linked": _("会议的结论成了另一件事"),
    "meeting.moved": _("会议改了期"),
    "meeting.opened": _("会议开始"),
    "meeting.closed": _("会议结束"),
    "meeting.signed_up": _("有人报名参会"),
    "meeting.seat_given_up": _("有人让出会议名额"),
    "meeting.seat_freed": _("会议名额补给了排队的人"),
    "question.shown": _("公布一个提问"),
    "question.answered": _("答复一个提问"),
    "question.removed": _("不采用一个提问"),
}


def register() -> None:
    """Called once when the application starts."""
    register_words(WORDS)
