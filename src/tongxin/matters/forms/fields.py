"""Fields that take what people really send: invisible characters, several photos, a phone number in any writing."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from tongxin.core.files import CleanImage, FileRefused, clean_image
from tongxin.core.text import clean_line
from tongxin.matters.held import hold_all, open_all

MAX_PIXELS = 40_000_000
"""Width × height of a picture that is decoded at all: what phones take, and no more."""


class SeveralFiles(forms.FileInput):
    """An input for several photos, straight from the camera where there is one."""

    allow_multiple_selected = True


class PhotosField(forms.Field):
    """Photos, straight from the camera where there is one; :class:`PhotosMixin` cleans them."""

    widget = SeveralFiles(attrs={"accept": "image/*"})


class PhotosMixin:
    """A form with photos: ``photos`` in the files, ``kept`` in the data for those of the try before.

    What is good stays with the form whatever else is wrong: nobody is asked for a photo twice.
    """

    files: Any
    data: Any
    images: list[CleanImage]

    def clean_photos(self) -> list[CleanImage]:
        """The photos kept from the try before and those sent now, cleaned one by one."""
        limit, most = int(settings.TONGXIN["photo_limit"]), int(settings.TONGXIN["photo_bytes"])
        self.images = open_all(str(self.data.get("kept", "")))[:limit]
        errors: list[Any] = []
        for file in self.files.getlist("photos") if hasattr(self.files, "getlist") else []:
            if len(self.images) >= limit:
                errors.append(_("最多%(limit)s张照片，多的没有收下。") % {"limit": limit})
                break
            try:
                # One byte over the limit is enough to know; the rest is never read into memory.
                image = clean_image(file.read(most + 1), max_bytes=most, max_pixels=MAX_PIXELS)
            except FileRefused as refused:
                errors.append(f"{clean_line(file.name or '').text[:40]}：{refused.message}")
            else:
                self.images.append(image)
        if errors:
            raise ValidationError(errors)
        return self.images

    def kept_photos(self) -> str:
        """What a hidden field carries so that the photos need not be chosen again; "" for none."""
        images = getattr(self, "images", [])
        return hold_all(images) if images else ""

    def kept_count(self) -> int:
        """How many photos came with the form so far."""
        return len(getattr(self, "images", []))
