"""Writes of portraits: given by the member alone, drawn anew without metadata, gone at once when withdrawn."""

from datetime import datetime
from io import BytesIO

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tongxin.core import ledger
from tongxin.core.actor import Actor
from tongxin.core.attachments import keep_bytes, path_of
from tongxin.core.files import clean_image
from tongxin.core.models import Attachment
from tongxin.directory.actions import NotAllowed
from tongxin.directory.models import Member
from tongxin.directory.rules import may_keep_portrait

WIDTH, HEIGHT = 480, 640
MAX_PIXELS = 60_000_000
QUALITY = 85
CONSENT_TEXT = _(
    "我同意把这张照片公开显示在我所在工作站的页面和我的委员页面上，让来访的人认得出我。我随时可以撤回，撤回后照片马上删除。"
)


def draw_portrait(data: bytes) -> bytes:
    """An upload as a JPEG of 480 × 640 pixels at most, cut to that shape around its middle, with nothing but pixels.

    Raises ``FileRefused`` with a reason for the reader.
    """
    from PIL import Image, ImageOps

    clean = clean_image(
        data, max_bytes=settings.TONGXIN["photo_bytes"], max_pixels=MAX_PIXELS, max_edge=2 * HEIGHT
    )
    with Image.open(BytesIO(clean.data)) as image:
        ground = Image.new("RGB", image.size, "white")
        ground.paste(image, mask=image.getchannel("A") if image.mode == "RGBA" else None)
    # Faces are above the middle of most photos: keep more of the top than of the bottom.
    shape = ImageOps.fit(ground, (WIDTH, HEIGHT), Image.Resampling.LANCZOS, centering=(0.5, 0.35))
    out = BytesIO()
    shape.save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return out.getvalue()


@transaction.atomic
def give_portrait(
    member: Member, *, actor: Actor, data: bytes, consent_text: str, at: datetime | None = None
) -> Member:
    """Show a portrait from now on, with the consent's text and time; a new one takes the old one's place.

    Only the member. Raises :class:`NotAllowed`, and ``FileRefused`` for what is no usable photo.
    """
    _check(actor, member)
    drawn = draw_portrait(data)
    at = at or timezone.now()
    member = Member.objects.select_for_update(of=("self",)).get(pk=member.pk)
    old = member.portrait_digest
    member.portrait_digest = keep_bytes(drawn)
    member.portrait_consent, member.portrait_given_at, member.portrait_withdrawn_at = consent_text, at, None
    _save(member)
    if old and old != member.portrait_digest:
        transaction.on_commit(lambda: _forget(old))
    ledger.append("portrait.given", body={"consent": consent_text}, at=at, is_public=False)
    return member


@transaction.atomic
def withdraw_portrait(member: Member, *, actor: Actor, at: datetime | None = None) -> Member:
    """Take the portrait off every page and delete the file; that there was consent, and until when, stays."""
    _check(actor, member)
    at = at or timezone.now()
    member = Member.objects.select_for_update(of=("self",)).get(pk=member.pk)
    if not member.portrait_digest:
        return member
    old, member.portrait_digest, member.portrait_withdrawn_at = member.portrait_digest, "", at
    _save(member)
    transaction.on_commit(lambda: _forget(old))
    ledger.append("portrait.withdrawn", body={}, at=at, is_public=False)
    return member


def _check(actor: Actor, member: Member) -> None:
    if not may_keep_portrait(actor) or actor.user_id is None or member.user_id != actor.user_id:
        raise NotAllowed


def _save(member: Member) -> None:
    member.save(
        update_fields=["portrait_digest", "portrait_consent", "portrait_given_at", "portrait_withdrawn_at"]
    )


def _forget(digest: str) -> None:
    """Delete the bytes, unless somebody else's row names the same ones."""
    if Member.objects.filter(portrait_digest=digest).exists():
        return
    if not Attachment.objects.filter(digest=digest).exists():
        path_of(digest).unlink(missing_ok=True)
