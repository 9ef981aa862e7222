"""Pages of who keeps rosters: the month of all stations, one station's month, slots by hand, patterns, leave."""

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.accounts.access import actor_of, gate
from tongxin.core.text import clean_line
from tongxin.directory.models import Workstation
from tongxin.directory.rules import may_keep_any_roster
from tongxin.duty.actions.rosters import drafts, handover, publishing
from tongxin.duty.actions.rosters.common import NotAllowed, Refused, RosterChanged
from tongxin.duty.drafting import SolverFailed
from tongxin.duty.forms_rosters import NoteForm
from tongxin.duty.months import month_of, next_month, parse_month, previous_month
from tongxin.duty.rules_rosters import is_office
from tongxin.duty.selectors import rosters as reads
from tongxin.site.confirming import ask_first, is_sure

FILTERS = ("none", "draft", "published", "gaps")


def month_asked(text: str) -> date:
    """The month an address names. Raises Http404."""
    month = parse_month(text)
    if month is None:
        raise Http404
    return month


def number_asked(text: str) -> int | None:
    """A number that was sent, or None."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def station_asked(request: HttpRequest, code: str) -> Workstation:
    """The station, when the visitor keeps its roster. Raises Http404."""
    station = reads.station_to_keep(actor_of(request), code)
    if station is None:
        raise Http404
    return station


def address(station: Workstation, month: date) -> str:
    """The page of a station's month."""
    return reverse("roster", args=[station.code, f"{month:%Y-%m}"])


@require_safe
@gate(may_keep_any_roster)
def duty(request: HttpRequest) -> HttpResponse:
    """Where the roster used to be kept."""
    return redirect("rosters")


@require_http_methods(["GET", "HEAD", "POST"])
@gate(may_keep_any_roster)
def rosters(request: HttpRequest) -> HttpResponse:
    """A month of all the stations one keeps; the office drafts and publishes all at once."""
    actor = actor_of(request)
    this = month_of(timezone.localdate())
    month = parse_month(request.POST.get("month") or request.GET.get("month", "")) or this
    if request.method == "POST":
        return _for_all(request, month)
    only = request.GET.get("only", "")
    street = number_asked(request.GET.get("street", ""))
    found = reads.overview(
        actor,
        month,
        street=street,
        only=only if only in FILTERS else "",
        after=clean_line(request.GET.get("after", "")[:20]).text,
    )
    context = {
        "found": found,
        "month": month,
        "previous": previous_month(month),
        "next": next_month(month),
        "this": this,
        "is_over": next_month(month) <= timezone.localdate(),
        "is_office": is_office(actor),
        "streets": reads.streets_kept(actor),
        "street": street,
        "only": only,
        "has_previous": bool(request.GET.get("after")),
    }
    return render(request, "duty/rosters/overview.html", context)


def _for_all(request: HttpRequest, month: date) -> HttpResponse:
    actor, what = actor_of(request), request.POST.get("do", "")
    if not is_office(actor):
        raise Http404
    back = f"{reverse('rosters')}?month={month:%Y-%m}"
    try:
        if what == "draft_all":
            drafted = drafts.draft_all(month, actor=actor)
            _say_drafted(request, drafted)
        elif what == "publish_all" and not is_sure(request):
            return ask_first(
                request,
                _("%(month)s 没有问题的草稿都会公布，委员会收到通知，大家马上看得到。")
                % {"month": f"{month:%Y-%m}"},
                button=_("全部公布"),
                back=back,
            )
        elif what == "publish_all":
            _say_published(request, publishing.publish_all(month, actor=actor))
    except Refused as refused:
        messages.error(request, refused.reason)
    except SolverFailed:
        messages.error(request, _("这次没有排出来，什么都没有改。请再试一次。"))
    return redirect(back)


def _say_drafted(request: HttpRequest, drafted: drafts.Drafted) -> None:
    words = ngettext(
        "起草好了：%(stations)s 个工作站，%(slots)s 个班，%(gaps)s 个空缺。",
        "起草好了：%(stations)s 个工作站，%(slots)s 个班，%(gaps)s 个空缺。",
        len(drafted.rosters),
    )
    messages.success(
        request,
        words % {"stations": len(drafted.rosters), "slots": drafted.slots, "gaps": drafted.gaps},
    )
    if not drafted.is_proven:
        messages.info(request, _("时间到了还没有证明是最匀的，排班可用，可以再起草一次。"))


def _say_published(request: HttpRequest, result: publishing.Published) -> None:
    if result.stations:
        messages.success(
            request,
            _("公布了：%(stations)s 个工作站，%(shifts)s 个班。有班的委员会收到通知。")
            % {"stations": result.stations, "shifts": result.shifts},
        )
    elif not result.left:
        messages.info(request, _("没有要公布的草稿。"))
    if result.left:
        messages.warning(
            request,
            _("还有 %(n)s 个工作站没有公布，先改好标出来的班：%(names)s")
            % {"n": len(result.left), "names": "、".join(result.left[:8])},
        )


@require_http_methods(["GET", "HEAD", "POST"])
@gate(may_keep_any_roster)
def roster(request: HttpRequest, code: str, month: str) -> HttpResponse:
    """One station's month: who is on duty when, gaps, loads; drafted, published and printed from here."""
    station, first = station_asked(request, code), month_asked(month)
    form = NoteForm(request.POST if request.POST.get("do") == "hand_over" else None)
    if request.method == "POST":
        answer = _do(request, station, first, form)
        if answer is not None:
            return answer
    found = reads.roster_of(station, first)
    context = {
        "station": station,
        "month": first,
        "roster": found,
        "sheet": reads.month_sheet(station, found, first),
        "patterns": reads.patterns_of(station),
        "notes": reads.notes_of(station),
        "note_form": form,
        "previous": previous_month(first),
        "next": next_month(first),
        "is_over": next_month(first) <= timezone.localdate(),
        "weekdays": list(WEEKDAYS_ABBR.values()),
    }
    return render(request, "duty/rosters/roster.html", context, status=422 if form.errors else 200)


def _do(request: HttpRequest, station: Workstation, month: date, form: NoteForm) -> HttpResponse | None:
    """One deed of the page; None when its form has to be shown again."""
    actor, what = actor_of(request), request.POST.get("do", "")
    seen = number_asked(request.POST.get("version", ""))
    back = address(station, month)
    found = reads.roster_of(station, month)
    try:
        if what == "draft":
            drafted = drafts.draft_month(station, month, actor=actor, seen_version=seen)
            _say_drafted(request, drafted)
        elif what == "publish" and found is not None:
            if not is_sure(request):
                return ask_first(
                    request,
                    _("公布以后大家马上看得到，有班的委员会收到通知。"),
                    button=_("公布"),
                    back=back,
                )
            _say_published(request, publishing.publish_roster(found, actor=actor, seen_version=seen))
        elif what == "fill" and found is not None:
            filled, left = drafts.fill_gaps(found, actor=actor, seen_version=seen)
            messages.success(
                request, _("补上 %(filled)s 个，还空 %(left)s 个。") % {"filled": filled, "left": left}
            )
        elif what == "adopt":
            count = drafts.adopt_shifts(station, month, actor=actor)
            messages.success(request, _("收进来 %(n)s 个班。") % {"n": count})
        elif what == "hand_over":
            if not form.is_valid():
                return None
            handover.write_hand_over(station, form.cleaned_data["text"], actor=actor)
            messages.success(request, _("记下了，下一位值班的看得到。"))
        elif what == "tick":
            handover.tick_hand_over(
                number_asked(request.POST.get("id", "")) or 0,
                actor=actor,
                is_done=request.POST.get("done") == "1",
            )
    except Refused as refused:
        messages.error(request, refused.reason)
    except RosterChanged:
        messages.warning(request, _("您打开以后别人改过这张表，什么都没有做。下面是现在的样子，请看过再做。"))
    except SolverFailed:
        messages.error(request, _("这次没有排出来，什么都没有改。请再试一次。"))
    except NotAllowed:
        raise Http404 from None
    return redirect(back)
