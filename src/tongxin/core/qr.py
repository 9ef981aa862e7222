"""QR codes as SVG, drawn by segno."""

import io

from django.utils.safestring import SafeString, mark_safe

MASK = 3
"""Weighing all eight masks takes most of the time of drawing a code; what they spare a scanner counts on dirty paper,
not on a screen."""


def qr_inline(text: str, css_class: str = "qr") -> SafeString:
    """A QR code as inline SVG without styles, sized by the stylesheet. ``text`` is ours, never a person's words."""
    import segno  # a seventh of a second to load: not at start-up

    drawing = segno.make(text, error="m", micro=False, mask=MASK)
    return mark_safe(drawing.svg_inline(omitsize=True, svgclass=css_class, lineclass=None, border=2))  # noqa: S308


def qr_poster(text: str) -> bytes:
    """A QR code for a poster: black on white with its quiet zone; level Q survives a quarter of it being dirty or torn."""
    import segno

    out = io.BytesIO()
    segno.make(text, error="q", micro=False, boost_error=False).save(
        out, kind="svg", scale=8, border=4, dark="#000", light="#fff", xmldecl=False
    )
    return out.getvalue()
