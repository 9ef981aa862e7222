"""The seal 同 as PNG: drawn of rectangles, so that no font is needed on the server."""

import io
from dataclasses import dataclass
from functools import lru_cache

CINNABAR, WHITE = (173, 52, 32), (255, 255, 255)
GRID = 32
"""The drawing is made on a grid of 32 × 32, like the seal of the pages."""
STROKES = (
    (8.0, 8.5, 10.2, 25.5),  # 冂, left
    (8.0, 8.5, 24.0, 10.5),
    (21.8, 8.5, 24.0, 25.5),
    (19.6, 23.5, 24.0, 25.5),  # its hook
    (12.0, 13.0, 20.0, 14.8),  # 一
    (12.4, 17.0, 14.2, 23.0),  # 口
    (12.4, 17.0, 19.6, 18.7),
    (17.8, 17.0, 19.6, 23.0),
    (12.4, 21.3, 19.6, 23.0),
)
"""Left, top, right, bottom."""


@dataclass(frozen=True, slots=True)
class Icon:
    """One picture: its side in pixels, and whether devices may cut it to any shape."""

    size: int
    is_maskable: bool = False


ICONS = {
    "180.png": Icon(180),
    "192.png": Icon(192),
    "512.png": Icon(512),
    "maskable-512.png": Icon(512, is_maskable=True),
}


@lru_cache(maxsize=len(ICONS))
def icon_png(name: str) -> bytes:
    """The picture of this name in ``ICONS``. A maskable one fills its square and keeps the sign in the inner circle."""
    from PIL import Image, ImageDraw

    icon, over = ICONS[name], 4  # drawn four times as large, for smooth edges
    side = icon.size * over
    image = Image.new("RGBA", (side, side), (*CINNABAR, 255) if icon.is_maskable else (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    scale, shift = side / GRID, 0.0
    if icon.is_maskable:
        scale, shift = scale * 0.82, side * 0.09
    else:
        draw.rounded_rectangle((0, 0, side - 1, side - 1), radius=5 * scale, fill=CINNABAR)
    for stroke in STROKES:
        draw.rectangle([shift + edge * scale for edge in stroke], fill=WHITE)
    out = io.BytesIO()
    image.resize((icon.size, icon.size), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()
