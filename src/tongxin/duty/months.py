"""Months as local time has them."""

from datetime import date, datetime, time

from django.utils import timezone

from tongxin.duty.opening import month_of, next_month

__all__ = ["month_of", "month_start", "next_month", "parse_month", "previous_month"]


def month_start(month: date) -> datetime:
    """The first moment of a day, local; of a month when given its first day."""
    return timezone.make_aware(datetime.combine(month, time()))


def previous_month(month: date) -> date:
    """The first day of the month before."""
    return (
        month.replace(year=month.year - 1, month=12)
        if month.month == 1
        else month.replace(month=month.month - 1)
    )


def parse_month(text: str) -> date | None:
    """``2026-12`` as its first day; None for anything else, and for years nobody drafts."""
    try:
        month = datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007  (a month has no zone)
    except ValueError:
        return None
    return month if 2000 <= month.year <= 2200 else None
