"""Forms of sign-in, people, audit and calendar."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tongxin.accounts.audit import KINDS, Filter
from tongxin.accounts.calendar_list import read_days, text_of_file
from tongxin.accounts.models import ROLE_CHOICES, User
from tongxin.accounts.roles import SCOPES_OF_ROLE, Role, Scope
from tongxin.accounts.scopes import places
from tongxin.core.tables import Unreadable

USERNAME = RegexValidator(
    r"^[A-Za-z0-9][A-Za-z0-9_.-]{2,39}$", _("用户名用3到40个英文字母、数字、点、横线或下划线。")
)


class NewPersonForm(forms.Form):
    """A new account."""

    username = forms.CharField(label=_("用户名"), max_length=40, validators=[USERNAME])
    display_name = forms.CharField(label=_("姓名或岗位"), max_length=40)


class GrantForm(forms.Form):
    """A role in a scope: one list of places, each with its kind, so that it works without JavaScript."""

    role = forms.ChoiceField(label=_("角色"), choices=[("", _("请选择")), *ROLE_CHOICES])
    place = forms.ChoiceField(
        label=_("范围"),
        help_text=_("联络员选工作站，召集人选街道、工作站或全区，定事和承办选单位，其余选全区。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups: list[Any] = [("", _("请选择"))]
        labels = {
            Scope.DISTRICT: pgettext_lazy("scope", "全区"),
            Scope.STREET: pgettext_lazy("scope", "街道"),
            Scope.STATION: pgettext_lazy("scope", "工作站"),
            Scope.COMMITTEE: pgettext_lazy("scope", "专委会"),
            Scope.UNIT: pgettext_lazy("scope", "单位"),
        }
        for scope, label in labels.items():
            options = [(f"{scope.value}:{place.id}", place.name) for place in places(scope)]
            if options:
                groups.append((label, options))
        self.fields["place"].choices = groups  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Role and scope must fit each other; said beside the scope."""
        data = super().clean() or {}
        if data.get("role") and data.get("place"):
            scope, _colon, scope_id = data["place"].partition(":")
            data["role"], data["scope"], data["scope_id"] = Role(data["role"]), Scope(scope), int(scope_id)
            if data["scope"] not in SCOPES_OF_ROLE[data["role"]]:
                self.add_error("place", _("这个角色不能放在这个范围里。"))
        return data


class FirstPasswordForm(forms.Form):
    """The password somebody chooses with their one-time link."""

    password1 = forms.CharField(
        label=_("新密码"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label=_("再写一次"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        """Both the same, and strong enough."""
        data = super().clean() or {}
        first, second = data.get("password1"), data.get("password2")
        if first and second and first != second:
            self.add_error("password2", _("两次写的不一样，请再看看。"))
        elif first and second:
            try:
                validate_password(first, self.user)
            except forms.ValidationError as weak:
                self.add_error("password1", weak)
        return data


class AuditForm(forms.Form):
    """What the auditor wants to see."""

    kind = forms.ChoiceField(label=_("看什么"), choices=list(KINDS.items()), required=False)
    user = forms.CharField(label=_("用户名"), max_length=60, required=False)
    first = forms.DateField(label=_("从"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=_("到"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    before = forms.IntegerField(required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """The first day can't be after the last."""
        data = super().clean() or {}
        if data.get("first") and data.get("last") and data["first"] > data["last"]:
            self.add_error("last", _("结束日期在开始日期之前，请再看看。"))
        return data

    def wanted(self) -> Filter:
        """The filter; what is wrong counts as not given."""
        self.is_valid()
        data = self.cleaned_data
        return Filter(
            kind=data.get("kind") or "access",
            user=data.get("user", ""),
            first=data.get("first"),
            last=data.get("last"),
            before=data.get("before"),
        )


class CalendarDayForm(forms.Form):
    """A day that the district declares working or free."""

    day = forms.DateField(label=_("日期"), widget=forms.DateInput(attrs={"type": "date"}))
    is_workday = forms.TypedChoiceField(
        label=_("这一天"),
        choices=[("0", _("休息")), ("1", _("上班"))],
        coerce=lambda value: value == "1",
        widget=forms.RadioSelect,
        initial="0",
    )
    note = forms.CharField(label=_("说明（公开）"), max_length=100)


class CalendarListForm(forms.Form):
    """A list of days, pasted or as a file. ``cleaned_data["days"]`` is what it says, faults and all."""

    text = forms.CharField(
        label=_("贴在这里"),
        required=False,
        max_length=60_000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_(
            "每行一天：日期、休或班、说明。连续几天写成一行也行，比如：2027-02-06至2027-02-12 休 春节。"
        ),
    )
    file = forms.FileField(
        label=_("或者上传表格（Excel或CSV）"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv,.txt"}),
        help_text=_("列是：日期、休或班、说明。"),
    )
    settles_years = forms.BooleanField(
        label=_("这是国务院办公厅公布的全年安排，这一年不再标“暂定”"), required=False
    )

    def clean(self) -> dict[str, Any]:
        """Read the list; one of paste and file must be there."""
        data = super().clean() or {}
        text = data.get("text") or ""
        if data.get("file"):
            if data["file"].size > 200_000:
                self.add_error("file", _("文件太大了，一年的安排用不了这么多。"))
                return data
            try:
                text = f"{text}\n{text_of_file(data['file'].name, data['file'].read())}".lstrip()
            except Unreadable as unreadable:
                self.add_error("file", unreadable.reason)
                return data
        if not text.strip() and not self.errors:
            self.add_error("text", _("请贴上日期，或者选一个文件。"))
        data["days"] = read_days(text)
        return data
