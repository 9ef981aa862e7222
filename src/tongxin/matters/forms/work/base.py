"""What every form of the staff pages has: the version it was made at, cleaned texts, choices of units, photos."""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, cast

from django import forms
from django.conf import settings
from django.forms.models import ModelChoiceIterator
from django.utils.functional import cached_property
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from tongxin.core.actor import Actor
from tongxin.core.files import CleanImage, FileRefused, clean_image
from tongxin.core.forms import LineField, TextField
from tongxin.core.redaction import find_personal_data
from tongxin.directory.models import Unit
from tongxin.matters import held
from tongxin.matters.forms.fields import MAX_PIXELS
from tongxin.matters.models import Category, Matter
from tongxin.matters.work_selectors import active_categories, active_units

MAX_TEXT = 5000
MAX_WORKDAYS = 400


class WordsField(TextField):
    """Several lines of text, with the number of rows its box shows."""

    def __init__(self, *, rows: int = 5, max_length: int = MAX_TEXT, **options: Any) -> None:
        super().__init__(max_length=max_length, widget=forms.Textarea(attrs={"rows": rows}), **options)


class DaysField(forms.IntegerField):
    """A number of working days."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", gettext_lazy("期限（工作日）"))
        super().__init__(min_value=1, max_value=MAX_WORKDAYS, **options)


class _UnitsByKind(ModelChoiceIterator):  # type: ignore[type-arg]
    def __iter__(self) -> Iterator[Any]:
        if self.field.empty_label is not None:
            yield ("", self.field.empty_label)
        groups: dict[str, list[Any]] = {}
        for unit in self.queryset:
            groups.setdefault(unit.get_kind_display(), []).append(self.choice(unit))
        yield from groups.items()


class UnitField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A unit, chosen from those in use, grouped by kind."""

    iterator = _UnitsByKind

    def __init__(self, **options: Any) -> None:
        options.setdefault("empty_label", gettext_lazy("请选择"))
        super().__init__(queryset=active_units(), **options)


def category_text(category: Category | None) -> str:
    """A category's name in the reader's language."""
    if category is None:
        return ""
    return category.name_en if get_language() == "en" else category.name


class CategoryField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A category in use."""

    def __init__(self, **options: Any) -> None:
        super().__init__(queryset=active_categories(), **options)

    def label_from_instance(self, obj: Any) -> str:
        """Its name in the reader's language."""
        return category_text(obj)


class ImagesInput(forms.ClearableFileInput):
    """Several images at once."""

    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"

    def __init__(self) -> None:
        super().__init__(attrs={"accept": "image/*", "multiple": True})


def _clean(file: Any) -> CleanImage:
    limit = int(settings.TONGXIN["photo_bytes"])
    try:
        # One byte over the limit is enough to know; the rest is never read into memory.
        return clean_image(file.read(limit + 1), max_bytes=limit, max_pixels=MAX_PIXELS)
    except FileRefused as refused:
        raise forms.ValidationError(refused.message) from None


class ImagesField(forms.FileField):
    """Photos: each cleaned (re-encoded, metadata stripped) or refused with the reason."""

    widget = ImagesInput

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        super().__init__(**options)

    def clean(self, data: Any, initial: Any = None) -> list[CleanImage]:
        """The cleaned images; too many, too large or not an image is said beside the field."""
        files = data if isinstance(data, list | tuple) else [data]
        files = [file for file in files if file]
        limit = settings.TONGXIN["photo_limit"]
        if len(files) > limit:
            raise forms.ValidationError(_("最多%(limit)s张照片。") % {"limit": limit})
        return [_clean(file) for file in files]


class WorkForm(forms.Form):
    """A form about one matter, made at one version of it.

    ``public`` names the fields whose text goes public: they are previewed before. ``settles`` names the guards that
    the form's own answers satisfy. ``asks_nothing`` is true for a bare confirmation.
    """

    public: ClassVar[tuple[str, ...]] = ()
    settles: ClassVar[tuple[str, ...]] = ()
    image_fields: ClassVar[tuple[str, ...]] = ()
    bits: ClassVar[str] = ""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, files: Any = None, *, matter: Matter, actor: Actor) -> None:
        self.matter, self.actor = matter, actor
        super().__init__(data, files, initial={"version": matter.version})
        self.prepare()
        for name in self.image_fields:
            self.fields[f"{name}_held"] = forms.CharField(required=False, widget=forms.HiddenInput)

    def prepare(self) -> None:
        """Fill in choices and first values that depend on the matter."""

    def set_choices(self, name: str, choices: Iterable[tuple[str, Any]]) -> None:
        """What a field of choices offers."""
        cast(forms.ChoiceField, self.fields[name]).choices = list(choices)

    def clean(self) -> dict[str, Any]:
        """Join photos sent now with those kept from the page before."""
        data = super().clean() or {}
        for name in self.image_fields:
            kept = held.open_all(data.get(f"{name}_held", ""))
            images = [*kept, *(data.get(name) or [])]
            if len(images) > settings.TONGXIN["photo_limit"]:
                self.add_error(name, _("最多%(limit)s张照片。") % {"limit": settings.TONGXIN["photo_limit"]})
            data[name] = images
        return data

    def public_names(self) -> list[str]:
        """Names of the fields whose text goes public, those made at run time included."""
        return [name for name in self.public if name in self.fields]

    def kept_photos(self) -> dict[str, str]:
        """Photos of a valid or half-valid form, kept for the next page: field name to what its hidden field says."""
        found = {}
        for name in self.image_fields:
            images = self.cleaned_data.get(name) if hasattr(self, "cleaned_data") else None
            if images:
                found[f"{name}_held"] = held.hold_all(images)
        return found

    def kept_counts(self) -> list[tuple[str, int]]:
        """For each field of photos how many have come with the form so far."""
        kept = {name: held.open_all(str(self.data.get(f"{name}_held", ""))) for name in self.image_fields}
        return [(str(self.fields[name].label), len(images)) for name, images in kept.items() if images]

    @cached_property
    def typed(self) -> list[tuple[str, str]]:
        """What the person typed, with its labels: kept on the page that says somebody else was faster."""
        kept = []
        for name, field in self.fields.items():
            if isinstance(field, LineField | WordsField):
                value = self.data.get(self.add_prefix(name), "").strip()
                if value:
                    kept.append((str(field.label or name), value))
        return kept

    def likely_personal(self) -> list[str]:
        """Public fields of a valid form in which likely personal data was found."""
        return [name for name in self.public_names() if find_personal_data(self.cleaned_data.get(name) or "")]


class JointUnitsMixin(forms.Form):
    """Up to three joint units beside the lead one."""

    joint_1 = UnitField(label=gettext_lazy("会办单位一"), required=False)
    joint_2 = UnitField(label=gettext_lazy("会办单位二"), required=False)
    joint_3 = UnitField(label=gettext_lazy("会办单位三"), required=False)
    joint_ask = WordsField(
        label=gettext_lazy("请会办单位做什么"),
        help_text=gettext_lazy("例如：提出占道施工的意见、派人一起到现场。会办单位在待办里看得到。"),
        required=False,
        rows=2,
        max_length=500,
    )

    def joint_units(self) -> list[Unit]:
        """The joint units named, each once, without the lead unit."""
        lead = self.cleaned_data.get("lead_unit")
        named = [self.cleaned_data.get(f"joint_{i}") for i in (1, 2, 3)]
        return list(dict.fromkeys(unit for unit in named if unit and unit != lead))
