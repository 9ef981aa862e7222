"""What the doctor looks at here: whether the working-day calendar reaches as far as the due dates do."""

from collections.abc import Iterator
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.core import clocks
from tongxin.core.findings import Said, check, good, note, wrong
from tongxin.matters import health

LATEST_NOTICE = (12, 15)
"""By then the State Council has announced the year to come in every year since 2007."""


@check("calendar", 65, lambda: _("工作日历"))
def calendar() -> Iterator[Said]:
    """This year and the next are announced or entered by hand; which open due dates may still move."""
    today = timezone.localdate()
    known = clocks.local_calendar()
    for year in (today.year, today.year + 1):
        if not known.is_provisional(date(year, 7, 1)):
            yield good(_("%(year)s 年的放假调休已在系统里。") % {"year": year})
        elif year == today.year or (today.month, today.day) >= LATEST_NOTICE:
            yield wrong(
                _("没有 %(year)s 年的放假调休，期限只按周末算。") % {"year": year},
                _("升级 chinesecalendar，或在“放假调休安排”里录入国务院公布的日子。"),
            )
        else:
            yield note(
                _("%(year)s 年的放假调休还没公布，那一年的期限都是暂定。") % {"year": year},
                _("公布后升级 chinesecalendar，或在“放假调休安排”里录入。"),
            )
    count, numbers = health.provisional_matters()
    if count:
        yield note(
            _("%(count)s 件事的期限是暂定的：%(numbers)s") % {"count": count, "numbers": "、".join(numbers)},
            _("日历确定后会自动重算，并记进每件事的经过。"),
        )
