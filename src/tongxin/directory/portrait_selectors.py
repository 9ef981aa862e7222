"""Reads of portraits: whose page it is, what may be shown."""

from tongxin.directory.models import Member, Posting


def member_of_user(user_id: int | None) -> Member | None:
    """The member in office who signs in with this account. One query."""
    return Member.objects.filter(user_id=user_id, is_active=True).first() if user_id is not None else None


def postings_of(member: Member) -> list[Posting]:
    """Where a member is posted, the active stations with it. One query."""
    rows = Posting.objects.filter(member=member, station__is_active=True).select_related("station")
    return list(rows.order_by("-is_lead", "pk"))


def portrait_of(code: str) -> str | None:
    """The digest of a portrait that may be shown: given, not withdrawn, of a member in office. One query."""
    rows = Member.objects.filter(code__iexact=code, is_active=True).exclude(portrait_digest="")
    return rows.values_list("portrait_digest", flat=True).first()
