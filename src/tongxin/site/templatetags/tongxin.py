"""The components every page is made of, as tags that build their HTML in Python: no template include per row."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django import forms, template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

register = template.Library()

SOON_DAYS = 3


def _joined(pieces: Iterable[Any]) -> SafeString:
    return format_html_join("", "{}", ((piece,) for piece in pieces))


def _get(item: Any, name: str) -> Any:
    return item.get(name, "") if isinstance(item, dict) else getattr(item, name, "")


def _state_words() -> dict[str, str]:
    return {"done": _("已完成"), "now": _("现在"), "todo": _("待"), "skipped": _("简办免此步")}


def _state_and_day(state: str, day: str) -> tuple[SafeString | str, SafeString]:
    # The state is heard by those who cannot see the colour, but not twice where the day's place already says it.
    heard = "" if day in ("", state) else format_html(' <span class="vh">{}</span>', state)
    return heard, format_html('<span class="at">{}</span>', day or state)


@register.simple_tag
def rail(items: Sequence[Any], label: str = "") -> SafeString:
    """The six-step rail. Each item has seal, label, state (done, now, todo, skipped) and when (a day in words)."""
    words = _state_words()
    rows = format_html_join(
        "",
        '<li class="{}"{}><b aria-hidden="true">{}</b>{}{}{}</li>',
        (
            (
                _get(i, "state"),
                mark_safe(' aria-current="step"') if _get(i, "state") == "now" else "",
                _get(i, "seal"),
                _get(i, "label"),
                *_state_and_day(words.get(_get(i, "state"), ""), str(_get(i, "when") or "")),
            )
            for i in items
        ),
    )
    return format_html('<ol class="rail" aria-label="{}">{}</ol>', label or _("六步进度"), rows)


@lru_cache(maxsize=512)
def _mini(items: tuple[tuple[str, str], ...], label: str, language: str) -> SafeString:
    if not label:
        now = next((seal for seal, state in items if state == "now"), "")
        label = _("走到“%(seal)s”这一步") % {"seal": now} if now else _("六步进度")
    seals = format_html_join(
        "", '<i class="{}" aria-hidden="true">{}</i>', ((state, seal) for seal, state in items)
    )
    return format_html('<span class="mini" role="img" aria-label="{}">{}</span>', label, seals)


@register.simple_tag
def mini_rail(items: Sequence[tuple[str, str]], label: str = "") -> SafeString:
    """Six small seals for a list row: pairs of seal and state, and what they say in words. Cached: lists show many."""
    return _mini(tuple(items), str(label), get_language() or "")


@register.simple_tag
def chip(content: Any, tone: str = "") -> SafeString:
    """A few words on a coloured ground; the words say it all. Takes text and tone, or an object with text and kind."""
    if content is None or content == "":
        return mark_safe("")
    tone = tone or _get(content, "kind") if not isinstance(content, str) else tone
    text = content if isinstance(content, str) else (_get(content, "text") or str(content))
    mark = "▲ " if tone == "late" and not str(text).startswith("▲") else ""
    return format_html('<span class="chip {}">{}{}</span>', tone, mark, text)


@register.simple_tag
def due(day: date | None, workdays_left: int | None = None, is_paused: bool = False) -> SafeString:
    """A due date in words: how long there is, today, or overdue.

    ``workdays_left`` counts working days and is below zero when overdue; without it calendar days are counted.
    """
    if is_paused:
        return chip(_("暂停计时"), "info")
    if day is None:
        return mark_safe("")
    left = (day - timezone.localdate()).days if workdays_left is None else workdays_left
    if left == 0:
        return chip(_("今天到期"), "soon")
    n = abs(left)
    if left < 0:
        words = (
            ngettext("超期 %(n)s 天", "超期 %(n)s 天", n)
            if workdays_left is None
            else ngettext("超期 %(n)s 个工作日", "超期 %(n)s 个工作日", n)
        )
        return chip(words % {"n": n}, "late")
    words = (
        ngettext("还有 %(n)s 天", "还有 %(n)s 天", n)
        if workdays_left is None
        else ngettext("还有 %(n)s 个工作日", "还有 %(n)s 个工作日", n)
    )
    return chip(words % {"n": n}, "soon" if n <= SOON_DAYS else "")


@register.simple_tag
def when(at: date | datetime | None, form: str = "") -> SafeString:
    """A moment or a day, for people and for machines. ``form`` "day" leaves out a moment's time of day."""
    if at is None:
        return mark_safe("")
    if isinstance(at, datetime):
        local = timezone.localtime(at)
        words = date_format(local, "Y-m-d" if form == "day" else "Y-m-d H:i")
        return format_html('<time datetime="{}">{}</time>', local.isoformat(timespec="minutes"), words)
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), date_format(at, "Y-m-d"))


@register.simple_tag
def number_of(count: int | None) -> SafeString:
    """A number with its thousands apart, in figures of one width; a dash for none known."""
    if count is None:
        return mark_safe('<span class="num">—</span>')
    return format_html('<span class="num">{}</span>', f"{count:,}")


@register.simple_tag
def field(bound: Any, hint: str = "") -> SafeString:
    """One form field: label above, hint under it, the reason of an error between label and field, all linked."""
    if not bound:
        return mark_safe("")
    if bound.is_hidden:
        return format_html("{}", bound)
    name = bound.auto_id or bound.html_name
    hint = hint or bound.help_text
    described = []
    parts = []
    if hint:
        described.append(f"{name}-hint")
        parts.append(format_html('<p class="hint" id="{}-hint">{}</p>', name, hint))
    if bound.errors:
        described.append(f"{name}-why")
        parts.append(
            format_html(
                '<p class="why" id="{}-why">{}</p>',
                name,
                format_html_join(" ", "{}", ((e,) for e in bound.errors)),
            )
        )
    attrs = {}
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    widget = bound.field.widget
    optional = (
        "" if bound.field.required else format_html(' <span class="optional">{}</span>', _("（可不填）"))
    )
    bad = " bad" if bound.errors else ""
    if isinstance(widget, forms.CheckboxInput):
        return format_html(
            '<div class="field check{}">{}<label class="choice" for="{}">{} <span>{}</span></label></div>',
            bad,
            _joined(parts),
            bound.id_for_label,
            bound.as_widget(attrs=attrs),
            bound.label,
        )
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        choices = format_html_join(
            "",
            '<label class="choice" for="{}">{} <span>{}</span></label>',
            ((sub.id_for_label, sub.tag(), sub.choice_label) for sub in bound.subwidgets),
        )
        return format_html(
            '<fieldset class="field{}" id="{}"{}><legend>{}{}</legend>{}<div class="choices">{}</div></fieldset>',
            bad,
            name,
            format_html(' aria-describedby="{}"', " ".join(described)) if described else "",
            bound.label,
            optional,
            _joined(parts),
            choices,
        )
    return format_html(
        '<div class="field{}"><label for="{}">{}{}</label>{}{}</div>',
        bad,
        bound.id_for_label or name,
        bound.label,
        optional,
        _joined(parts),
        bound.as_widget(attrs=attrs),
    )


def _target(bound: Any) -> str:
    # A group of choices has no control of its own name: its first choice takes the focus.
    if isinstance(bound.field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return f"{bound.auto_id}_0"
    return str(bound.id_for_label or bound.auto_id)


@register.simple_tag
def form_errors(form: Any) -> SafeString:
    """The summary at the top of a form that came back: what is wrong, each linked to its field."""
    if not form or not form.errors:
        return mark_safe("")
    items = []
    for name, errors in form.errors.items():
        bound = form[name] if name in form.fields else None
        for error in errors:
            if bound is None or bound.is_hidden:
                items.append(format_html("<li>{}</li>", error))
            else:
                items.append(
                    format_html(
                        '<li><a href="#{}">{}{}{}</a></li>',
                        _target(bound),
                        str(bound.label).rstrip("？。?."),  # a question's label reads on into its fault
                        _("："),
                        error,
                    )
                )
    return format_html(
        '<div class="card alert" role="alert" tabindex="-1"><p><b>{}</b></p><ul>{}</ul></div>',
        _("还有几处要改，您写的都还在："),
        _joined(items),
    )


@register.simple_tag(takes_context=True)
def kept_owner(context: Any) -> str:
    """Who is signed in, for the script that keeps forms on the device: a word, no name; "" for nobody."""
    from tongxin.core.kept import owner_of

    request = context.get("request")
    return owner_of(request) if request is not None else ""


@register.simple_tag
def bar(parts: Sequence[tuple[Any, int, str]], label: str = "", key: bool = False) -> SafeString:
    """Shares of a whole as one bar: parts of (words, number, tone a, b or c), whole numbers of the same unit.

    The label says the same in words; ``key`` shows the words under the bar too.
    """
    total = sum(number for _words, number, _tone in parts)
    shares = [(text, 100 * number / total if total else 0.0, tone) for text, number, tone in parts]
    spoken = [(tone, f"{text} {round(share)}%") for text, share, tone in shares]
    rects, x = [], 0.0
    for _text, share, tone in shares:
        rects.append(
            format_html(
                '<rect class="{}" x="{}" y="0" width="{}" height="8"/>', tone, f"{x:.2f}", f"{share:.2f}"
            )
        )
        x += share
    picture = format_html(
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>',
        label or _("，").join(words for _tone, words in spoken),
        _joined(rects),
    )
    if not key:
        return picture
    return picture + format_html(
        '<ul class="key" aria-hidden="true">{}</ul>', format_html_join("", '<li class="{}">{}</li>', spoken)
    )


@register.simple_tag
def photo(url: str, words: str = "", width: int | None = None, height: int | None = None) -> SafeString:
    """One photo with what it shows in words; opens whole."""
    size = format_html(' width="{}" height="{}"', width, height) if width and height else ""
    return format_html(
        '<a class="photo" href="{}"><img src="{}" alt="{}" loading="lazy"{}></a>',
        url,
        url,
        words or _("照片"),
        size,
    )


@register.simple_tag(takes_context=True)
def pager(
    context: dict[str, Any], next_cursor: str = "", has_previous: bool = False, name: str = "after"
) -> SafeString:
    """Next page and back to the first, keeping the filters of the address."""
    request = context["request"]
    query = request.GET.copy()
    query.pop(name, None)
    links = []
    if has_previous:
        links.append(format_html('<a class="btn" href="?{}">{}</a>', query.urlencode(), _("回到第一页")))
    if next_cursor:
        query[name] = next_cursor
        links.append(
            format_html('<a class="btn" rel="next" href="?{}">{}</a>', query.urlencode(), _("下一页"))
        )
    if not links:
        return mark_safe("")
    return format_html('<nav class="row pager" aria-label="{}">{}</nav>', _("翻页"), _joined(links))


@register.simple_tag
def empty(words: str = "", link: str = "", link_words: str = "") -> SafeString:
    """Nothing here yet, said kindly, with what to do instead. Not inside a ``for`` loop: there ``empty`` is the loop's."""
    action = format_html(' <a href="{}">{}</a>', link, link_words) if link else ""
    return format_html('<p class="empty">{}{}</p>', words or _("这里还没有内容。"), action)


@register.simple_tag
def seal_step(seal: str) -> SafeString:
    """One seal by itself."""
    return format_html('<span class="seal one" aria-hidden="true">{}</span>', seal)


@register.simple_tag(takes_context=True)
def nav_link(context: dict[str, Any], address: str, words: str, count: int | None = None) -> SafeString:
    """A link of the main navigation; the page it leads to, and the pages under it, are marked as where one is."""
    path = getattr(context.get("request"), "path", "")
    here = ""
    if path == address:
        here = mark_safe(' aria-current="page"')
    elif path.startswith(address):
        here = mark_safe(' aria-current="true"')
    figure = format_html(' <span class="num">{}</span>', count) if count else ""
    return format_html('<a href="{}"{}>{}{}</a>', address, here, words, figure)
