"""Which of the raiser's photos go public, one by one, and what each shows in words."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.core.forms import LineField
from tongxin.core.models import Attachment
from tongxin.core.process import Publication
from tongxin.matters.forms.work.base import WorkForm
from tongxin.matters.work_selectors import raised_photos


class PhotosMixin(WorkForm):
    """A choice for each photo: it stays with the office unless it is chosen. What it shows is read out and previewed."""

    shown_photos: list[Attachment]

    def offer_photos(self) -> None:
        """Add the fields; none when there are no photos."""
        self.shown_photos = raised_photos(self.matter)
        if not self.shown_photos:
            return
        choices = [
            (photo.token, _("公开照片 %(n)s") % {"n": n})
            for n, photo in enumerate(self.shown_photos, start=1)
        ]
        self.fields["photos"] = forms.MultipleChoiceField(
            label=gettext_lazy("公开哪些照片"),
            required=False,
            choices=choices,
            widget=forms.CheckboxSelectMultiple,
            initial=[p.token for p in self.shown_photos if p.publication == Publication.PUBLIC.value],
        )
        for n, photo in enumerate(self.shown_photos, start=1):
            self.fields[self._name(photo)] = LineField(
                label=_("照片 %(n)s 上是什么") % {"n": n},
                max_length=100,
                required=False,
                initial=photo.description,
            )

    @staticmethod
    def _name(photo: Attachment) -> str:
        return f"photo_words_{photo.pk}"

    def photo_rows(self) -> list[tuple[Attachment, str, Any, Any]]:
        """For each photo: itself, what it shows as far as that was said, its box, the field for the words."""
        if not self.shown_photos:
            return []
        rows = []
        for n, (photo, box) in enumerate(zip(self.shown_photos, self["photos"], strict=True), start=1):
            words = self[self._name(photo)]
            told = str(words.value() or "") or _("提事时的照片 %(n)s") % {"n": n}
            rows.append((photo, told, box, words))
        return rows

    def chosen_photos(self) -> list[Attachment]:
        """The photos that go public."""
        tokens = getattr(self, "cleaned_data", {}).get("photos") or []
        return [photo for photo in self.shown_photos if photo.token in tokens]

    def photo_words(self) -> dict[str, str]:
        """For each photo that goes public, by its token, what it shows."""
        return {photo.token: self.cleaned_data.get(self._name(photo), "") for photo in self.chosen_photos()}

    def public_names(self) -> list[str]:
        """The words of the photos that go public are public too."""
        return [*super().public_names(), *(self._name(photo) for photo in self.chosen_photos())]
