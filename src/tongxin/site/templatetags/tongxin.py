"""The components every page is made of, as tags that build their HTML in Python: no template include per row."""

from collections.abc import Sequence
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


def _get(item: Any, name: str) -> Any:
    return item.get(name, "") if isinstance(item, dict) else getattr(item, name, "")


def _state_words() -> dict[str, str]:
    return {"done": _("已完成"), "now": _("现在"), "todo": _("待"), "skipped": _("简办免此步")}


@register.simple_tag
def rail(items: Sequence[Any], label: str = "") -> SafeString:
    """The six-step rail. Each item has seal, label, state (done, now, todo, skipped) and when (a day in words)."""
    words = _state_words()
    rows = format_html_join(
        "",
        '<li class="{}"{}><b aria-hidden="true">{}</b>{}<span class="vh">{}</span>{}</li>',
        (
            (
                _get(i, "state"),
                mark_safe(' aria-current="step"') if _get(i, "state") == "now" else "",
                _get(i, "seal"),
                _get(i, "label"),
                f"：{words.get(_get(i, 'state'), '')}",
                format_html('<span class="at">{}</span>', _get(i, "when") or words.get(_get(i, "state"), "")),
            )
            for i in items
        ),
    )
    return format_html('<ol class="rail" aria-label="{}">{}</ol>', label or _("六步进度"), rows)


@lru_cache(maxsize=512)
def _mini(items: tuple[tuple[str, str], ...], label: str, language: str) -> SafeString:
    seals = format_html_join("", '<i class="{}">{}</i>', ((state, seal) for seal, state in items))
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
    """A due date in words: days left, today, or overdue."""
    if is_paused:
        return chip(_("暂停计时"), "info")
    if day is None:
        return mark_safe("")
    left = (day - timezone.localdate()).days if workdays_left is None else workdays_left
    if left < 0:
        return chip(ngettext("超期 %(n)s 天", "超期 %(n)s 天", -left) % {"n": -left}, "late")
    if left == 0:
        return chip(_("今天到期"), "soon")
    return chip(ngettext("还有 %(n)s 天", "还有 %(n)s 天", left) % {"n": left}, "soon" if left <= 3 else "")


@register.simple_tag
def when(at: date | datetime | None, form: str = "SHORT_DATETIME_FORMAT") -> SafeString:
    """A moment or a day, for people and for machines."""
    if at is None:
        return mark_safe("")
    if isinstance(at, datetime):
        local = timezone.localtime(at)
        return format_html('<time datetime="{}">{}</time>', local.isoformat(), date_format(local, "Y-m-d H:i"))
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), date_format(at, "Y-m-d"))


@register.simple_tag
def field(bound: Any, hint: str = "") -> SafeString:
    """One form field: label above, hint under it, the reason of an error between label and field, all linked."""
    if not bound:
        return mark_safe("")
    if bound.is_hidden:
        return format_html("{}", bound)
    name = bound.id_for_label or bound.auto_id
    hint = hint or bound.help_text
    described = []
    parts = []
    if hint:
        described.append(f"{name}-hint")
        parts.append(format_html('<p class="hint" id="{}-hint">{}</p>', name, hint))
    if bound.errors:
        described.append(f"{name}-why")
        parts.append(
            format_html('<p class="why" id="{}-why">{}</p>', name, format_html_join(" ", "{}", ((e,) for e in bound.errors)))
        )
    attrs = {}
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    widget = bound.field.widget
    optional = "" if bound.field.required else format_html(' <span class="optional">{}</span>', _("（可不填）"))
    bad = " bad" if bound.errors else ""
    if isinstance(widget, forms.CheckboxInput):
        return format_html(
            '<div class="field check{}">{}<label class="choice" for="{}">{} <span>{}</span></label></div>',
            bad,
            mark_safe("".join(parts)),
            name,
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
            '<fieldset class="field{}"{}><legend>{}{}</legend>{}<div class="choices">{}</div></fieldset>',
            bad,
            format_html(' aria-describedby="{}"', " ".join(described)) if described else "",
            bound.label,
            optional,
            mark_safe("".join(parts)),
            choices,
        )
    return format_html(
        '<div class="field{}"><label for="{}">{}{}</label>{}{}</div>',
        bad,
        name,
        bound.label,
        optional,
        mark_safe("".join(parts)),
        bound.as_widget(attrs=attrs),
    )


@register.simple_tag
def form_errors(form: Any) -> SafeString:
    """The summary at the top of a form that came back: what is wrong, each linked to its field."""
    if not form or not form.errors:
        return mark_safe("")
    items = []
    for name, errors in form.errors.items():
        for error in errors:
            if name == "__all__":
                items.append(format_html("<li>{}</li>", error))
            else:
                bound = form[name]
                items.append(
                    format_html('<li><a href="#{}">{}：{}</a></li>', bound.id_for_label or bound.auto_id, bound.label, error)
                )
    return format_html(
        '<div class="card alert" role="alert" tabindex="-1"><p><b>{}</b></p><ul>{}</ul></div>',
        _("还有几处要改，您写的都还在："),
        mark_safe("".join(items)),
    )


@register.simple_tag
def bar(parts: Sequence[tuple[Any, int, str]], label: str = "") -> SafeString:
    """Shares of a whole as one bar: parts of (words, number, tone a, b or c). The label says the same in words."""
    total = sum(number for _words, number, _tone in parts) or 1
    words = label or "，".join(f"{text} {round(100 * number / total)}%" for text, number, _tone in parts)
    rects, x = [], 0.0
    for _text, number, tone in parts:
        width = 100 * number / total
        rects.append(format_html('<rect class="{}" x="{}" y="0" width="{}" height="8"/>', tone, f"{x:.2f}", f"{width:.2f}"))
        x += width
    return format_html(
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>',
        words,
        mark_safe("".join(rects)),
    )


@register.simple_tag
def photo(url: str, words: str = "", width: int | None = None, height: int | None = None) -> SafeString:
    """One photo with what it shows in words; opens whole."""
    size = format_html(' width="{}" height="{}"', width, height) if width and height else ""
    return format_html(
        '<a class="photo" href="{}"><img src="{}" alt="{}" loading="lazy"{}></a>', url, url, words or _("照片"), size
    )


@register.simple_tag(takes_context=True)
def pager(context: dict[str, Any], next_cursor: str = "", has_previous: bool = False, name: str = "after") -> SafeString:
    """Next page and back to the first, keeping the filters of the address."""
    request = context["request"]
    query = request.GET.copy()
    query.pop(name, None)
    links = []
    if has_previous:
        links.append(format_html('<a class="btn" href="?{}">{}</a>', query.urlencode(), _("回到第一页")))
    if next_cursor:
        query[name] = next_cursor
        links.append(format_html('<a class="btn" rel="next" href="?{}">{}</a>', query.urlencode(), _("下一页")))
    if not links:
        return mark_safe("")
    return format_html('<nav class="row pager" aria-label="{}">{}</nav>', _("翻页"), mark_safe("".join(links)))


@register.simple_tag
def empty(words: str = "", link: str = "", link_words: str = "") -> SafeString:
    """Nothing here yet, said kindly, with what to do instead."""
    action = format_html(' <a href="{}">{}</a>', link, link_words) if link else ""
    return format_html('<p class="empty">{}{}</p>', words or _("这里还没有内容。"), action)


@register.simple_tag
def seal_step(seal: str) -> SafeString:
    """One seal by itself."""
    return format_html('<span class="seal one" aria-hidden="true">{}</span>', seal)
