"""Photos kept between two pages of one form: a browser can't send a file twice by itself.

Cleaned bytes wait under MEDIA_ROOT/held, named by digest; the form carries a signed list of them. What nobody came
back for is removed after two days.
"""

import contextlib
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.core import signing

from tongxin.core.files import CleanImage

SALT = "tongxin.held"
KEEP_SECONDS = 2 * 24 * 3600


def _folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "held"


def hold_all(images: Sequence[CleanImage]) -> str:
    """Keep cleaned images for the next page of the form; returns what its hidden field carries."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    limit = time.time() - KEEP_SECONDS
    for old in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # another process may tidy up at the same moment
            if old.stat().st_mtime < limit:
                old.unlink()
    rows = []
    for image in images:
        digest = sha256(image.data).hexdigest()
        (folder / digest).write_bytes(image.data)
        rows.append([digest, image.media_type, image.width, image.height])
    return signing.dumps(rows, salt=SALT)


def open_all(kept: str) -> list[CleanImage]:
    """The images a hidden field stands for; what is forged, too old or gone is left out."""
    if not kept:
        return []
    try:
        rows = signing.loads(kept, salt=SALT, max_age=KEEP_SECONDS)
    except signing.BadSignature:
        return []
    images = []
    for digest, media_type, width, height in rows:
        path = _folder() / digest
        if path.is_file():
            images.append(
                CleanImage(data=path.read_bytes(), media_type=media_type, width=width, height=height)
            )
    return images
