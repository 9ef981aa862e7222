"""What the desk says of who is there: nobody is said to stay longer than they do."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone, translation

from tongxin.core.workdays import WorkCalendar
from tongxin.duty.desk_clock import Watch, answer_due
from tongxin.duty.desk_words import presence_words
from tongxin.duty.selectors.desk import Presence

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=timezone.get_default_timezone())
NAMES = {1: "测试甲", 2: "测试乙"}


def watch(member: int, begins: int, ends: int) -> Watch:
    noon = NOW.replace(hour=0)
    return Watch(7, member, noon + timedelta(hours=begins), noon + timedelta(hours=ends))


def words(*watches: Watch, covering: str = "") -> str:
    own, street = ([], watches) if covering else (watches, [])
    due = answer_due(NOW, own, street, WorkCalendar(), minutes=120)
    presence = Presence(due, tuple(NAMES[one.member_id] for one in due.watches), covering)
    with translation.override("zh-hans"):
        return presence_words(presence, NOW)


@pytest.mark.parametrize(
    ("watches", "covering", "said"),
    [
        ([watch(1, 10, 16)], "", "测试甲正在线上值班，值到今天 16:00。"),
        ([watch(1, 10, 16), watch(2, 14, 17)], "", "现在是测试甲在线上值班，到今天 17:00都有人。"),
        ([watch(1, 10, 16), watch(2, 11, 17)], "", "现在是测试甲、测试乙在线上值班，到今天 17:00都有人。"),
        ([watch(1, 10, 16), watch(2, 16, 18)], "乙站", "由乙站代答，现在是测试甲，到今天 18:00都有人。"),
        ([watch(1, 10, 16)], "乙站", "由乙站的测试甲代答，值到今天 16:00。"),
    ],
)
def test_who_is_there_and_until_when(watches, covering, said):
    assert words(*watches, covering=covering).endswith(said)
