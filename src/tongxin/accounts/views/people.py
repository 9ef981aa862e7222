"""The security administrator's pages: accounts and roles."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts import selectors
from tongxin.accounts.access import actor_of, gate
from tongxin.accounts.actions import people as actions
from tongxin.accounts.forms import GrantForm, NewPersonForm
from tongxin.accounts.models import ROLE_CHOICES, User
from tongxin.accounts.rules import may_manage_people
from tongxin.site.confirming import ask_first, is_sure

managers_only = gate(may_manage_people)


def _person(user_id: int) -> User:
    found = selectors.account(user_id)
    if found is None:
        raise Http404
    return found


@require_safe
@managers_only
def people(request: HttpRequest) -> HttpResponse:
    """List and search accounts."""
    words = request.GET.get("words", "").strip()[:60]
    role = request.GET.get("role", "")
    role = role if role in dict(ROLE_CHOICES) else ""
    after = request.GET.get("after", "")
    page = selectors.people(
        words=words,
        role=role,
        after=int(after) if after.isascii() and after.isdigit() and len(after) < 18 else 0,
    )
    context = {
        "page": page,
        "labels": selectors.scope_labels(page.people),
        "words": words,
        "role": role,
        "roles": ROLE_CHOICES,
    }
    return render(request, "accounts/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@managers_only
def new_person(request: HttpRequest) -> HttpResponse:
    """Make an account; its one-time link is shown once."""
    form = NewPersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user, token = actions.create_user(actor=actor_of(request), **form.cleaned_data)
        except actions.AccountRefused as refused:
            form.add_error("username", refused.reason)
        else:
            return _show_link(request, user, token)
    return render(request, "accounts/new_person.html", {"form": form})


def _show_link(request: HttpRequest, user: User, token: str) -> HttpResponse:
    link = request.build_absolute_uri(reverse("account_welcome", args=[token]))
    return render(request, "accounts/welcome_link.html", {"person": user, "link": link})


@require_safe
@managers_only
def person(request: HttpRequest, user_id: int) -> HttpResponse:
    """One account: its roles now and before."""
    return _person_page(request, _person(user_id), GrantForm())


def _person_page(request: HttpRequest, found: User, form: GrantForm, status: int = 200) -> HttpResponse:
    context = {
        "person": found,
        "assignments": list(found.role_assignments.all()),
        "labels": selectors.scope_labels([found]),
        "form": form,
        "is_self": found.pk == request.user.pk,
    }
    return render(request, "accounts/person.html", context, status=status)


@require_POST
@managers_only
def grant(request: HttpRequest, user_id: int) -> HttpResponse:
    """Give a role."""
    found, form = _person(user_id), GrantForm(request.POST)
    if form.is_valid():
        chosen = {name: form.cleaned_data[name] for name in ("role", "scope", "scope_id")}
        try:
            actions.grant_role(found.pk, actor=actor_of(request), **chosen)
        except actions.AccountRefused as refused:
            form.add_error(None, refused.reason)
        else:
            messages.success(request, _("已给予角色。"))
            return redirect("person", user_id=user_id)
    return _person_page(request, found, form, status=422)


@require_POST
@managers_only
def end(request: HttpRequest, user_id: int, assignment_id: int) -> HttpResponse:
    """End a role."""
    found = _person(user_id)
    if assignment_id not in {row.pk for row in found.role_assignments.all()}:
        raise Http404
    if not is_sure(request):
        return ask_first(
            request,
            _("%(person)s马上不能再以这个角色工作。做过的事都留着。") % {"person": found},
            button=_("结束这个角色"),
            back=reverse("person", args=[user_id]),
        )
    return _act(
        request, user_id, lambda actor: actions.end_role(assignment_id, actor=actor), _("角色已结束。")
    )


@require_POST
@managers_only
def disable(request: HttpRequest, user_id: int) -> HttpResponse:
    """Disable an account."""
    found = _person(user_id)
    if not is_sure(request):
        return ask_first(
            request,
            _("%(person)s马上退出，以后不能登录。做过的事都留着。") % {"person": found},
            button=_("停用账号"),
            back=reverse("person", args=[user_id]),
        )
    return _act(
        request,
        user_id,
        lambda actor: actions.set_active(user_id, actor=actor, is_active=False),
        _("账号已停用。"),
    )


@require_POST
@managers_only
def enable(request: HttpRequest, user_id: int) -> HttpResponse:
    """Let a disabled account in again."""
    _person(user_id)
    return _act(
        request,
        user_id,
        lambda actor: actions.set_active(user_id, actor=actor, is_active=True),
        _("账号已恢复。"),
    )


@require_POST
@managers_only
def renew(request: HttpRequest, user_id: int) -> HttpResponse:
    """A new one-time link for somebody who lost password or phone."""
    found = _person(user_id)
    if not is_sure(request):
        return ask_first(
            request,
            _("%(person)s的旧密码、两步验证和已登录的都马上失效。") % {"person": found},
            button=_("重设登录方式"),
            back=reverse("person", args=[user_id]),
        )
    try:
        user, token = actions.renew_sign_in(user_id, actor=actor_of(request))
    except actions.AccountRefused as refused:
        messages.error(request, refused.reason)
        return redirect("person", user_id=user_id)
    return _show_link(request, user, token)


def _act(request: HttpRequest, user_id: int, act, done: str) -> HttpResponse:  # type: ignore[no-untyped-def]
    try:
        act(actor_of(request))
    except actions.AccountRefused as refused:
        messages.error(request, refused.reason)
    else:
        messages.success(request, done)
    return redirect("person", user_id=user_id)
