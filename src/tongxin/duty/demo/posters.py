"""The demo's portraits, drawn shapes and nobody's face; and nothing printed yet."""

from datetime import datetime, timedelta
from io import BytesIO

from tongxin.accounts.roles import Role
from tongxin.core.actor import Actor, Assignment
from tongxin.directory.models import Member
from tongxin.directory.portraits import CONSENT_TEXT, give_portrait

SHOWN = 12
"""Members of the demo who gave a portrait; the others did not, as in life."""
GROUNDS = ("#dce9e3", "#f4e3dc", "#e3eaf2", "#f3ecd9")
COATS = ("#1c6753", "#86250f", "#22567f", "#8a5200")


def load_posters(now: datetime) -> None:
    """A few members with an account give a portrait; a drawing, so that the demo shows nobody's face."""
    for n, member in enumerate(
        Member.objects.exclude(user=None).filter(is_active=True).order_by("code")[:SHOWN]
    ):
        actor = Actor(
            role=Role.MEMBER,
            label=member.name,
            user_id=member.user_id,
            assignments=frozenset({Assignment(Role.MEMBER)}),
        )
        give_portrait(
            member,
            actor=actor,
            data=_silhouette(n),
            consent_text=str(CONSENT_TEXT),
            at=now - timedelta(days=40 - n),
        )


def _silhouette(number: int) -> bytes:
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (300, 400), GROUNDS[number % len(GROUNDS)])
    pen = ImageDraw.Draw(image)
    coat = COATS[(number // 2) % len(COATS)]
    pen.ellipse((30, 260, 270, 520), fill=coat)
    pen.rectangle((132, 200, 168, 280), fill="#e6c7ad")
    pen.ellipse((90, 80, 210, 235), fill="#edd2ba")
    pen.pieslice((84, 60, 216, 210), 180, 360, fill=("#2b2b2b", "#6b6b6b", "#3a2a20")[number % 3])
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
