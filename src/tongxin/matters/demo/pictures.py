"""Drawn pictures for the demo: a street before and after, so no real place or person is shown."""

import io
import random

from tongxin.core.files import CleanImage


def street(rng: random.Random, *, is_after: bool) -> CleanImage:
    """A drawn street: obstacles before, a clear road with a light after."""
    from PIL import Image, ImageDraw

    width, height = 640, 420
    image = Image.new("RGB", (width, height), (214, 222, 226) if not is_after else (220, 232, 240))
    draw = ImageDraw.Draw(image)
    for x in range(0, width, 110):
        top = 70 + rng.randrange(60)
        shade = 170 + rng.randrange(40)
        draw.rectangle((x, top, x + 96, 260), fill=(shade, shade - 8, shade - 20))
        for row in range(top + 14, 240, 34):
            for column in range(x + 10, x + 86, 26):
                draw.rectangle((column, row, column + 14, row + 18), fill=(235, 238, 232))
    draw.rectangle((0, 260, width, height), fill=(120, 124, 126))
    for x in range(0, width, 80):
        draw.rectangle((x, 336, x + 44, 342), fill=(240, 238, 226))
    if is_after:
        draw.rectangle((520, 120, 528, 300), fill=(70, 80, 84))
        draw.rectangle((506, 92, 542, 150), fill=(40, 48, 52))
        draw.ellipse((515, 120, 533, 138), fill=(44, 150, 96))
        for x in range(40, 480, 36):
            draw.rectangle((x, 270, x + 18, 300), fill=(236, 232, 220))
    else:
        for _index in range(7):
            x, y = rng.randrange(20, 560), rng.randrange(270, 370)
            colour = rng.choice([(150, 60, 46), (70, 92, 120), (200, 170, 96), (92, 96, 90)])
            draw.rounded_rectangle((x, y, x + 74, y + 34), 8, fill=colour)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return CleanImage(data=out.getvalue(), media_type="image/jpeg", width=width, height=height)
