"""Fields that take what people really send: invisible characters, several photos, a phone number in any writing."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from tongxin.core.attachments import stash_image, unstash_image
from tongxin.core.crypto import PhoneInvalid, normalise_phone
from tongxin.core.files import CleanImage, FileRefused, clean_image
from tongxin.core.text import clean_line, clean_text

MAX_PIXELS = 40_000_000
"""Width × height of a picture that is decoded at all: what phones take, and no more."""


class LineField(forms.CharField):
    """One line of text, cleaned of what cannot be seen."""

    def to_python(self, value: Any) -> str:
        """The cleaned text; "" for nothing."""
        return clean_line(str(value)).text if value else ""


class TextField(forms.CharField):
    """Several lines of text, cleaned of what cannot be seen; control characters and direction marks are left out."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        """The cleaned text; "" for nothing."""
        return clean_text(str(value)).text.strip() if value else ""


class PhoneField(forms.CharField):
    """A phone number in any usual writing; the cleaned value is its one form."""

    widget = forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"})

    def to_python(self, value: Any) -> str:
        """The normalised number; "" for nothing."""
        typed = clean_line(str(value)).text if value else ""
        if not typed:
            return ""
        try:
            return normalise_phone(typed)
        except PhoneInvalid as problem:
            raise ValidationError(problem.message, code=problem.reason.value) from None


class SeveralFiles(forms.FileInput):
    """An input for several photos, straight from the camera where there is one."""

    allow_multiple_selected = True


class PhotosField(forms.Field):
    """Photos cleaned one by one, together with those kept from an earlier try of the same form.

    The cleaned value is a list of :class:`CleanImage`. ``kept`` holds the signed names of everything that was good,
    so that a form with a mistake elsewhere does not ask for the photos again.
    """

    widget = SeveralFiles(attrs={"accept": "image/*"})

    def clean_photos(self, files: Sequence[UploadedFile], kept: Sequence[str]) -> tuple[list[CleanImage], list[str], list[str]]:
        """Return good images, the signed names that keep them, and the errors of the others."""
        limit = int(settings.TONGXIN["photo_limit"])
        images, names, errors = [], [], []
        for name in kept[:limit]:
            image = unstash_image(name)
            if image is not None:
                images.append(image)
                names.append(name)
        for file in files:
            if len(images) >= limit:
                errors.append(str(_("最多%(limit)s张照片，多的没有收下。") % {"limit": limit}))
                break
            most = int(settings.TONGXIN["photo_bytes"])
            try:
                # One byte over the limit is enough to know; the rest is never read into memory.
                image = clean_image(file.read(most + 1), max_bytes=most, max_pixels=MAX_PIXELS)
            except FileRefused as refused:
                name = clean_line(file.name or "").text[:40]
                errors.append(f"{name}：{refused.message}" if name else str(refused.message))
            else:
                images.append(image)
                names.append(stash_image(image))
        return images, names, errors


class PhotosMixin:
    """A form with photos: ``photos`` in the data, ``kept`` for those of the try before."""

    files: Any
    data: Any
    cleaned_data: dict[str, Any]
    kept_photos: list[str]

    def clean_photos(self) -> list[CleanImage]:
        """Clean what was sent; what is good stays with the form whatever else is wrong."""
        field: PhotosField = self.fields["photos"]  # type: ignore[attr-defined]
        files = self.files.getlist("photos") if hasattr(self.files, "getlist") else []
        kept = self.data.getlist("kept") if hasattr(self.data, "getlist") else []
        images, self.kept_photos, errors = field.clean_photos(files, kept)
        if errors:
            raise ValidationError(errors)
        return images
