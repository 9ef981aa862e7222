"""The form that routes categories to special committees."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from tongxin.matters.forms.work.base import category_text
from tongxin.matters.work_selectors import active_categories, committees


class RoutingForm(forms.Form):
    """One choice for each category in use; none is the conference office alone."""

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        choices = [("", gettext_lazy("政协办公室")), *((str(one.pk), one.name) for one in committees())]
        for category in active_categories():
            self.fields[f"category_{category.pk}"] = forms.ChoiceField(
                label=category_text(category),
                choices=choices,
                required=False,
                initial=str(category.committee_id or ""),
            )

    def routes(self) -> dict[int, int | None]:
        """For each category the committee it goes to."""
        return {
            int(name.removeprefix("category_")): int(value) if value else None
            for name, value in self.cleaned_data.items()
        }
