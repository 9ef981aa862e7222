"""What the ledger's page calls the events of a matter: those of the method by their transition, the others here."""

from django.utils.translation import gettext_lazy as _

from tongxin.core.ledger_words import register_words
from tongxin.matters.process import SIX_STEPS

BESIDE_THE_STEPS = {
    "matter.raised": _("提出一件事"),
    "matter.joined": _("有人说“我也遇到”"),
    "matter.rated_by": _("有人评了"),
    "matter.accepted": _("受理"),
    "matter.answered": _("答复"),
    "matter.promised": _("列入承诺"),
    "task.reassigned": _("改派或维持"),
    "comment.added": _("有人留言"),
    "comment.removed": _("移除一条留言"),
    "objection.filed": _("有人对公示提意见"),
    "help.offered": _("有人提出帮忙"),
    "clock.reworked": _("工作日历改了，日期重新算过"),
}


def register() -> None:
    """Called once when the application starts."""
    register_words({t.event: t.label for t in SIX_STEPS.transitions} | BESIDE_THE_STEPS)
