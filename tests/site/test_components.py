"""The components say in words what they show, link what belongs together, and escape what people typed."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone, translation

from tongxin.site.templatetags import tongxin as components

STATES = [("提", "done"), ("议", "skipped"), ("办", "now"), ("评", "todo")]


def items() -> list[dict[str, str]]:
    """A rail of four steps: the number of steps is data."""
    return [{"seal": seal, "label": f"{seal}事", "state": state, "when": ""} for seal, state in STATES]


class Everything(forms.Form):
    """One field of each kind."""

    text = forms.CharField(label="什么事", help_text="时间、地点。", widget=forms.Textarea)
    note = forms.CharField(label="备注", required=False)
    result = forms.ChoiceField(label="结果", choices=[("y", "好"), ("n", "不好")], widget=forms.RadioSelect)
    consent = forms.BooleanField(label="同意")
    secret = forms.CharField(widget=forms.HiddenInput)


def render(source: str, **context: object) -> str:
    """A template with the components built in, as every template has them."""
    return Template(source).render(Context(context))


def test_rail_has_one_item_for_each_step_it_is_given_and_names_the_current_one():
    html = components.rail(items())
    assert html.count("<li") == 4
    assert html.count('aria-current="step"') == 1
    assert "已完成" in html
    assert "简办免此步" in html


def test_rail_says_a_state_once_where_the_day_already_says_it():
    html = components.rail([{"seal": "办", "label": "办事", "state": "now", "when": "现在"}])
    assert html.count("现在") == 1


def test_rail_says_the_state_beside_a_day_for_those_who_cannot_see_the_colour():
    html = components.rail([{"seal": "提", "label": "提事", "state": "done", "when": "3月4日"}])
    assert '<span class="vh">已完成</span>' in html
    assert "3月4日" in html


def test_mini_rail_says_where_it_is_in_the_readers_language():
    assert 'aria-label="走到“办”这一步"' in components.mini_rail(STATES)
    with translation.override("en"):
        assert "Now at step 办" in components.mini_rail(STATES)
    assert "走到" in components.mini_rail(STATES)


@pytest.mark.parametrize(
    ("left", "words", "tone"),
    [
        (-2, "▲ 超期 2 个工作日", "late"),
        (0, "今天到期", "soon"),
        (3, "还有 3 个工作日", "soon"),
        (4, "还有 4 个工作日", ""),
    ],
)
def test_due_counts_working_days_when_it_is_told_them(left: int, words: str, tone: str):
    html = components.due(date(2026, 11, 23), left)
    assert words in html
    assert f'class="chip {tone}"' in html


def test_due_counts_calendar_days_otherwise():
    today = timezone.localdate()
    assert "超期 5 天" in components.due(today - timedelta(days=5))
    assert "还有 5 天" in components.due(today + timedelta(days=5))


def test_due_of_a_paused_clock_names_no_day():
    html = components.due(timezone.localdate() - timedelta(days=5), is_paused=True)
    assert "暂停计时" in html
    assert "超期" not in html


def test_nothing_due_shows_nothing():
    assert components.due(None) == ""
    assert components.when(None) == ""
    assert components.chip("") == ""


def test_when_gives_machines_the_moment_with_its_zone():
    at = datetime(2026, 11, 22, 18, 30, tzinfo=ZoneInfo("UTC"))
    html = components.when(at)
    assert 'datetime="2026-11-23T02:30+08:00"' in html
    assert ">2026-11-23 02:30<" in html
    assert ">2026-11-23<" in components.when(at, "day")


def test_number_of_sets_thousands_apart_and_knows_unknown():
    assert "1,284" in components.number_of(1284)
    assert "—" in components.number_of(None)


def test_field_links_hint_and_reason_to_the_control():
    form = Everything({"secret": "x"})
    html = components.field(form["text"])
    assert 'aria-describedby="id_text-hint id_text-why"' in html
    assert 'id="id_text-hint"' in html
    assert html.index("<label") < html.index('class="why"') < html.index("<textarea")
    assert 'aria-invalid="true"' in html


def test_field_marks_what_may_be_left_out_and_only_that():
    form = Everything()
    assert "可不填" in components.field(form["note"])
    assert "可不填" not in components.field(form["text"])


def test_choices_are_a_group_with_a_legend():
    html = components.field(Everything()["result"])
    assert html.startswith("<fieldset")
    assert "<legend>结果</legend>" in html
    assert html.count('class="choice"') == 2


def test_field_keeps_and_escapes_what_was_typed():
    html = components.field(Everything({"text": "<b>村口</b>"})["text"])
    assert "&lt;b&gt;村口&lt;/b&gt;" in html
    assert "<b>" not in html


def test_error_summary_links_each_error_to_a_control_that_exists():
    form = Everything({})
    page = "".join(components.field(form[name]) for name in form.fields)
    summary = components.form_errors(form)
    for target in ("id_text", "id_result_0", "id_consent"):
        assert f'href="#{target}"' in summary
        assert f'id="{target}"' in page
    assert "id_note" not in summary
    assert "id_secret" not in summary  # nobody can go to a hidden field, but the error is told
    assert summary.count("<li>") == 4


def test_a_question_asked_by_a_label_reads_on_into_its_fault():
    form = type("Asked", (forms.Form,), {"text": forms.CharField(label="什么事？")})({})
    assert ">什么事：" in components.form_errors(form)


def test_error_summary_shows_errors_of_the_whole_form():
    form = Everything({"text": "a", "result": "y", "consent": "on", "secret": "x"})
    form.add_error(None, "<试得太多>")
    assert "&lt;试得太多&gt;" in components.form_errors(form)


def test_form_without_errors_has_no_summary():
    assert components.form_errors(Everything()) == ""


def test_bar_says_its_shares_and_has_no_style_attribute():
    html = components.bar([("赞成", 3, "a"), ("不赞成", 1, "c")], key=True)
    assert 'aria-label="赞成 75%，不赞成 25%"' in html
    assert 'width="75.00"' in html
    assert 'x="75.00"' in html
    assert "style=" not in html


def test_bar_of_nothing_is_empty_not_broken():
    assert "赞成 0%" in components.bar([("赞成", 0, "a")])


def test_pager_keeps_the_filters_and_drops_the_old_cursor():
    request = RequestFactory().get("/matters/", {"step": "act", "after": "old"})
    html = components.pager({"request": request}, "new", True)
    assert 'href="?step=act&amp;after=new"' in html
    assert 'href="?step=act"' in html
    assert "old" not in html
    assert components.pager({"request": request}) == ""


def test_navigation_marks_the_page_and_the_section():
    request = RequestFactory().get("/matters/S2026-1/")
    assert 'aria-current="true"' in components.nav_link({"request": request}, "/matters/", "看事")
    assert "aria-current" not in components.nav_link({"request": request}, "/board/", "看板")
    request = RequestFactory().get("/board/")
    assert 'aria-current="page"' in components.nav_link({"request": request}, "/board/", "看板")


def test_photo_and_chip_escape_their_words():
    assert "<script>" not in components.photo("/files/x", "<script>")
    assert "<script>" not in components.chip("<script>", "info")


def test_components_need_no_load_tag():
    assert "chip info" in render('{% chip "可报名" "info" %}')
