"""A member's portrait: the picture for everybody while it is given, and the member's own page to give or withdraw it."""

from django import forms
from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.accounts.access import actor_of, gate
from tongxin.core.attachments import path_of
from tongxin.core.files import FileRefused
from tongxin.directory import portrait_selectors as selectors
from tongxin.directory.forms import PortraitForm
from tongxin.directory.models import Member
from tongxin.directory.portraits import CONSENT_TEXT, give_portrait, withdraw_portrait
from tongxin.directory.rules import may_keep_portrait
from tongxin.site.confirming import ask_first, is_sure


@require_safe
def member_portrait(request: HttpRequest, code: str) -> HttpResponseBase:
    """The picture, kept by browsers but asked about each time: once withdrawn it is gone for everybody."""
    digest = selectors.portrait_of(code)
    if digest is None:
        raise Http404
    tag = f'"{digest[:32]}"'
    if request.headers.get("If-None-Match") == tag:
        response: HttpResponseBase = HttpResponseNotModified()
    else:
        try:
            response = FileResponse(path_of(digest).open("rb"), content_type="image/jpeg")
        except FileNotFoundError:
            raise Http404 from None
    response["ETag"] = tag
    response["Cache-Control"] = "public, no-cache"
    return response


def _own(request: HttpRequest) -> Member:
    member = selectors.member_of_user(actor_of(request).user_id)
    if member is None:
        raise Http404
    return member


@require_http_methods(["GET", "HEAD", "POST"])
@gate(may_keep_portrait)
def work_portrait(request: HttpRequest) -> HttpResponse:
    """Give a portrait with consent, see the one that is shown, or withdraw it."""
    member = _own(request)
    is_sent = request.method == "POST"
    form: forms.Form = PortraitForm(request.POST if is_sent else None, request.FILES if is_sent else None)
    if is_sent and form.is_valid():
        photo = form.cleaned_data["photo"]
        try:
            give_portrait(member, actor=actor_of(request), data=photo.read(), consent_text=str(CONSENT_TEXT))
        except FileRefused as refused:
            form.add_error("photo", str(refused.message))
        else:
            messages.success(request, _("照片已经放上去了。想撤回，随时可以。"))
            return redirect("work_portrait")
    context = {"member": member, "form": form, "postings": selectors.postings_of(member)}
    return render(request, "directory/portrait.html", context, status=422 if form.errors else 200)


@require_POST
@gate(may_keep_portrait)
def withdraw(request: HttpRequest) -> HttpResponse:
    """Take the portrait off all pages."""
    member = _own(request)
    if not is_sure(request):
        return ask_first(
            request,
            _("照片马上从所有页面上去掉，文件也删除。以后想放，要重新上传。"),
            button=_("撤回照片"),
            back=reverse("work_portrait"),
        )
    withdraw_portrait(member, actor=actor_of(request))
    messages.success(request, _("已撤回，照片和文件都删了。"))
    return redirect("work_portrait")
