"""Follow a matter without an account: number and code, or the phone left with it."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.core.actor import Actor
from tongxin.core.history import Conflict
from tongxin.core.models import Receipt
from tongxin.core.process import GuardFailed, ProcessError
from tongxin.core.receipts import find_by_code
from tongxin.core.records import kind_of, registered_kinds
from tongxin.core.tracking import CodeInvalid, normalise_code
from tongxin.core.visitors import SESSION_KEY, held_receipts, hold_receipts, within_limit
from tongxin.matters.actions.raising import answer_question, withdraw_consent, withdraw_matter
from tongxin.matters.actions.steering import urge_matter, why_raiser_waits
from tongxin.matters.actions.step import NotAllowed
from tongxin.matters.artefacts import read_artefacts
from tongxin.matters.forms.public import AnswerForm, PhoneCodeForm, TrackForm
from tongxin.matters.models import Matter
from tongxin.matters.presenters import (
    expiry_text,
    number_text,
    parse_number,
    rail_of,
    sentence_of,
    timeline_of,
)
from tongxin.matters.process import SIX_STEPS
from tongxin.matters.public_selectors import (
    dossier_of_number,
    matter_for_holder,
    open_question,
    receipts_of_phone,
)
from tongxin.matters.rules import may_be_rated, may_take
from tongxin.matters.views.common import conflict_page, holder
from tongxin.notices import actions as notices
from tongxin.notices.channels import is_open
from tongxin.notices.models import Channel
from tongxin.notices.selectors import is_silent, told_to
from tongxin.notices.unsubscribing import unsubscribe_path
from tongxin.site.confirming import ask_first, is_sure

TRIES, TRIES_SECONDS = 30, 600
PHONE_TRIES, PHONE_SECONDS = 10, 600


def phone_is_on() -> bool:
    """Whether codes can be sent to phones here."""
    return is_open(Channel.SMS)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def track(request: HttpRequest) -> HttpResponse:
    """Number and code. ``?number=`` fills in the number; what this browser has opened already is listed."""
    if request.method != "POST":
        return _track_page(request, TrackForm(initial={"number": request.GET.get("number", "")[:60]}))
    if "forget" in request.POST:
        request.session.pop(SESSION_KEY, None)
        messages.success(request, _("已从这台设备上退出。下次用编号和查询码再打开。"))
        return redirect("track")
    form = TrackForm(request.POST)
    if not within_limit(request, "track", TRIES, TRIES_SECONDS):
        return _track_page(request, form, status=429, is_limited=True)
    if not form.is_valid():
        return _track_page(request, form, status=422)
    number = form.cleaned_data["number"]
    try:
        code = normalise_code(form.cleaned_data["code"])
    except CodeInvalid as problem:
        form.add_error("code", problem.message)
        return _track_page(request, form, status=422)
    found = dossier_of_number(number)
    receipt = find_by_code(found[0], code) if found else None
    kind = kind_of(found[1]) if found else None
    if receipt is None or kind is None:
        # One message for both: whether a number exists is nobody's business who has no code for it.
        form.add_error("code", _("编号和查询码对不上。请照着回执再看一遍。"))
        return _track_page(request, form, status=422)
    hold_receipts(request, [receipt.pk])
    return HttpResponseRedirect(kind.track_url(number))


def _track_page(
    request: HttpRequest, form: TrackForm, *, status: int = 200, is_limited: bool = False
) -> HttpResponse:
    held = held_receipts(request)
    followed = [one for kind in registered_kinds() for one in kind.followed(held)] if held else []
    return render(
        request,
        "matters/public/track.html",
        {
            "form": form,
            "is_limited": is_limited,
            "minutes": TRIES_SECONDS // 60,
            "followed": followed,
            "phone_is_on": phone_is_on(),
        },
        status=status,
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def track_phone(request: HttpRequest) -> HttpResponse:
    """A code to the phone left with a matter opens everything that phone follows. 404 where no codes can be sent."""
    if not phone_is_on():
        raise Http404
    form = PhoneCodeForm(request.POST or None)
    context = {"form": form, "is_sent": False, "is_limited": False}
    status = 200
    if request.method == "POST":
        status = 422
        if not within_limit(request, "phone", PHONE_TRIES, PHONE_SECONDS):
            context["is_limited"], status = True, 429
        elif form.is_valid():
            phone, code = form.cleaned_data["phone"], form.cleaned_data["code"]
            if "check" in request.POST and code:
                try:
                    is_right = notices.check_phone_code(phone, code)
                except notices.PhoneCodeExpired as expired:
                    form.add_error("code", expired.reason)
                else:
                    if is_right:
                        hold_receipts(request, receipts_of_phone(phone))
                        return redirect("track")
                    form.add_error("code", _("验证码不对，请再看看，或者重新发一个。"))
                context["is_sent"] = True
            elif "check" in request.POST:
                form.add_error("code", _("请写上短信里的验证码。"))
                context["is_sent"] = True
            else:
                try:
                    notices.send_phone_code(phone, address=request.META.get("REMOTE_ADDR", ""))
                except notices.TooManyCodes as refused:
                    form.add_error("phone", refused.reason)
                    context["is_sent"], status = True, 429
                else:
                    context["is_sent"], status = True, 200
    return render(request, "matters/public/track_phone.html", context, status=status)


def _held(request: HttpRequest, number: str) -> tuple[Matter, Receipt] | None:
    slug = parse_number(number)
    return matter_for_holder(slug, held_receipts(request)) if slug else None


def _ask_code(number: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse('track')}?{urlencode({'number': number[:60]})}")


@never_cache
@require_safe
def track_matter(request: HttpRequest, number: str) -> HttpResponse:
    """Everything the holder of a tracking code is told: where it is, replies, what is asked of them, what they can do."""
    found = _held(request, number)
    if found is None:
        return _ask_code(number)
    matter, receipt = found
    if matter.number != number:
        return redirect("track_matter", matter.number)
    return _matter_page(request, matter, receipt, None)


def _matter_page(
    request: HttpRequest, matter: Matter, receipt: Receipt, form: AnswerForm | None, *, status: int = 200
) -> HttpResponse:
    actor = holder(matter, receipt)
    is_raiser = receipt.pk == matter.receipt_id
    question = open_question(matter) if is_raiser and matter.state == "more_needed" else None
    survivor = matter.survivor
    followed = survivor or matter
    form = form or AnswerForm(initial={"version": matter.version})
    return render(
        request,
        "matters/public/track_matter.html",
        {
            "matter": matter,
            "number": number_text(matter.number),
            "is_raiser": is_raiser,
            "is_public": matter.publication == "public",
            "rail": rail_of(matter),
            "sentence": sentence_of(matter),
            "at_expiry": expiry_text(matter),
            "timeline": timeline_of(matter, actor, artefacts=read_artefacts(matter, actor)),
            "question": question,
            "form": form,
            "kept": form.kept_photos(),
            "may_withdraw": is_raiser and SIX_STEPS.is_available("withdraw", matter),
            "may_urge": is_raiser and _may_urge(matter, actor),
            "has_contact": receipt.contact_id is not None,
            "survivor": survivor,
            "survivor_number": number_text(survivor.number) if survivor else "",
            "survivor_sentence": sentence_of(survivor) if survivor else None,
            "followed": followed,
            "may_rate": may_be_rated(followed),
            "own_words": matter.original_text if is_raiser else "",
            "told": told_to(receipt.pk, language=get_language() or ""),
            "stop_texts": _stop_texts(receipt),
            "is_silent": receipt.contact_id is not None and is_silent(receipt.pk),
        },
        status=status,
    )


def _may_urge(matter: Matter, actor: Actor) -> bool:
    transition = SIX_STEPS.transition("urge")
    return (
        SIX_STEPS.is_available("urge", matter)
        and may_take(actor, transition, matter)
        and why_raiser_waits(matter, timezone.now()) is None
    )


def _stop_texts(receipt: Receipt) -> str:
    """Where the holder ends or takes up text messages; empty when none are sent."""
    if receipt.contact_id is None or not phone_is_on():
        return ""
    return unsubscribe_path(f"r{receipt.pk}", Channel.SMS.value)


@require_POST
def track_answer(request: HttpRequest, number: str) -> HttpResponse:
    """The raiser gives what was asked for."""
    found = _held(request, number)
    if found is None:
        return _ask_code(number)
    matter, receipt = found
    form = AnswerForm(request.POST, request.FILES)
    if not form.is_valid():
        return _matter_page(request, matter, receipt, form, status=422)
    data = form.cleaned_data
    try:
        answer_question(
            matter,
            actor=holder(matter, receipt),
            answer=data["answer"],
            seen_version=data["version"],
            photos=data["photos"],
        )
    except Conflict as conflict:
        back = reverse("track_matter", args=[matter.number])
        return conflict_page(request, conflict, [(form.fields["answer"].label, data["answer"])], back=back)
    except ProcessError:
        messages.warning(request, _("这件事现在不需要补充了。"))
    except NotAllowed:
        raise Http404 from None
    else:
        messages.success(request, _("收到了，谢谢。审核接着计时。"))
    return redirect("track_matter", matter.number)


@require_POST
def track_withdraw(request: HttpRequest, number: str) -> HttpResponse:
    """The raiser takes the matter back before it is accepted."""
    found = _held(request, number)
    if found is None:
        return _ask_code(number)
    matter, receipt = found
    if not is_sure(request):
        return ask_first(
            request,
            _("撤回“%(title)s”以后不再办理，也不能恢复；需要时可以再提一件。") % {"title": matter.title},
            button=_("确定撤回"),
            back=reverse("track_matter", args=[matter.number]),
        )
    try:
        withdraw_matter(matter, actor=holder(matter, receipt), seen_version=None)
    except ProcessError:
        messages.warning(request, _("这件事已经受理，不能撤回了。"))
    except NotAllowed:
        raise Http404 from None
    else:
        messages.success(request, _("已撤回。"))
    return redirect("track_matter", matter.number)


@require_POST
def track_urge(request: HttpRequest, number: str) -> HttpResponse:
    """The raiser urges whoever is late: once it is overdue, and then once in some days."""
    found = _held(request, number)
    if found is None:
        return _ask_code(number)
    matter, receipt = found
    try:
        urge_matter(matter, actor=holder(matter, receipt), seen_version=None)
    except GuardFailed as failed:
        messages.warning(request, failed.reason)
    except ProcessError:
        messages.warning(request, _("这件事现在不用催。"))
    except NotAllowed:
        raise Http404 from None
    else:
        messages.success(request, _("已经催了，写进了经过，也通知了现在该办的人。"))
    return redirect("track_matter", matter.number)


@require_POST
def track_erase(request: HttpRequest, number: str) -> HttpResponse:
    """Take back the consent to be contacted: name and phone are erased."""
    found = _held(request, number)
    if found is None:
        return _ask_code(number)
    matter, receipt = found
    if not is_sure(request):
        return ask_first(
            request,
            _("您留的称呼和电话会马上删掉，以后只能用编号和查询码看进度。事情照常办。"),
            button=_("删掉我的联系方式"),
            back=reverse("track_matter", args=[matter.number]),
        )
    try:
        withdraw_consent(matter, actor=holder(matter, receipt), receipt_id=receipt.pk)
    except NotAllowed:
        raise Http404 from None
    messages.success(request, _("您的称呼和电话已经删除。事情照常办，进度用编号和查询码看。"))
    return redirect("track_matter", matter.number)
