"""Attachments: cleaned bytes on disk by digest, rows in the database, served after an access check."""

import secrets
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from django.conf import settings

from tongxin.core.files import CleanDocument, CleanImage
from tongxin.core.models import Attachment


def path_of(digest: str) -> Path:
    """Where the bytes with this digest are kept."""
    return Path(settings.MEDIA_ROOT) / digest[:2] / digest


def keep_bytes(data: bytes) -> str:
    """Keep bytes durably before the row that names them is committed, and return their digest; the same bytes are
    kept once."""
    import os

    digest = sha256(data).hexdigest()
    target = path_of(digest)
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_suffix(f".{secrets.token_hex(4)}")
        with draft.open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(target)
    return digest


def keep_images(
    images: Sequence[CleanImage],
    *,
    dossier_id: int,
    stage: str,
    entry_id: int | None = None,
    publication: str = "internal",
    description: str = "",
) -> list[Attachment]:
    """Keep cleaned images with a dossier. Their names say nothing about who took them."""
    return Attachment.objects.bulk_create(
        [
            Attachment(
                dossier_id=dossier_id,
                entry_id=entry_id,
                token=secrets.token_hex(16),
                stage=stage,
                name=f"{stage}-{index}.{image.media_type.rsplit('/', 1)[-1]}",
                media_type=image.media_type,
                size=len(image.data),
                width=image.width,
                height=image.height,
                digest=keep_bytes(image.data),
                publication=publication,
                description=description,
            )
            for index, image in enumerate(images, start=1)
        ]
    )


def keep_document(
    document: CleanDocument,
    *,
    dossier_id: int,
    stage: str,
    publication: str = "internal",
    description: str = "",
) -> Attachment:
    """Keep a checked document with a dossier, under the name its author gave it."""
    return Attachment.objects.create(
        dossier_id=dossier_id,
        token=secrets.token_hex(16),
        stage=stage,
        name=document.filename[:120],
        media_type=document.media_type,
        size=len(document.data),
        digest=keep_bytes(document.data),
        publication=publication,
        description=description,
    )
