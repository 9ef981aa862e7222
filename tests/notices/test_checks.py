"""What is wrong with the hours of messages is said when the server starts."""

import pytest

from tongxin.notices.channels.checks import check_hours


@pytest.mark.parametrize(
    ("hours", "digest", "found"),
    [
        (["08:00", "20:00"], "08:30", []),
        (["00:00", "23:59:59.999999"], "08:30", []),
        (["20:00", "08:00"], "08:30", ["notices.E005"]),
        (["08:00", "08:00"], "08:30", ["notices.E005"]),
        (["09:00", "18:00"], "08:30", ["notices.E006"]),
        (["08:00", "20:00"], "20:00", ["notices.E006"]),
        (["8", "20:00"], "08:30", ["notices.E004"]),
        (["25:00", "20:00"], "08:30", ["notices.E004"]),
        (["08:00"], "08:30", ["notices.E004"]),
        (None, "08:30", ["notices.E004"]),
        (["08:00", "20:00"], "soon", ["notices.E004"]),
    ],
)
def test_hours(settings, hours, digest, found) -> None:
    settings.TONGXIN = settings.TONGXIN | {"waking_hours": hours, "digest_at": digest}
    assert [each.id for each in check_hours(None)] == found
