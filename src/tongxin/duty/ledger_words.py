"""What the ledger's page calls the events of workstations at work."""

from django.utils.translation import gettext_lazy as _

from tongxin.core.ledger_words import register_words

WORDS = {
    "roster.published": _("公布值班表"),
    "roster.changed": _("改了值班表"),
    "shift.changed": _("改了值班"),
    "shift.cancelled": _("取消一个班"),
    "reception.planned": _("安排了接待"),
    "reception.changed": _("改了接待安排"),
    "reception.cancelled": _("取消了接待"),
    "reception.opened": _("接待开始"),
    "reception.closed": _("接待结束"),
    "reception.booked": _("有人预约接待"),
    "reception.booking_moved": _("有人改了预约"),
    "reception.booking_cancelled": _("有人取消预约"),
    "visit.recorded": _("记了一次走访"),
    "diary.written": _("委员写了履职日记"),
    "diary.changed": _("委员改了履职日记"),
    "diary.withdrawn": _("委员撤下履职日记"),
    "diary.taken_out": _("一条履职记录不再计入"),
    "diary.corrected": _("更正一条履职记录"),
    "diary.contested": _("委员对履职记录有异议"),
    "diary.contest_answered": _("答复履职记录的异议"),
    "diary.contest_withdrawn": _("委员撤回异议"),
}


def register() -> None:
    """Called once when the application starts."""
    register_words(WORDS)
