"""Where a matter is, who has it, by when and what comes next: the rail, the first sentence and the chip."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from time import time
from typing import Any

from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from tongxin.core.clocks import local_calendar
from tongxin.core.process import Expiry
from tongxin.core.workdays import WorkCalendar
from tongxin.directory.models import Area, Member, Unit
from tongxin.matters.artefacts import RatingData
from tongxin.matters.models import Matter, Outcome, Rating
from tongxin.matters.presenters.clocks import marked
from tongxin.matters.presenters.naming import day_text, moment_text, who_text
from tongxin.matters.process import SIX_STEPS, SKIPPED, STEPS
from tongxin.matters.selectors import RowValues

SOON_WORKDAYS = 3
CALENDAR_SECONDS = 60
"""So long a process may go on counting with the working-day calendar it read."""
NOT_LATE = frozenset(
    state.code for state in SIX_STEPS.states if state.clock and state.clock.at_expiry is Expiry.MOVES_ON
)
"""States whose day is the end of a period, not somebody's deadline."""
ENDED_EARLY = frozenset({"merged", "referred", "declined", "withdrawn"})


@dataclass(frozen=True, slots=True)
class RailItem:
    """One of the six seals: ``state`` is done, now, todo or skipped; ``when`` a day in words."""

    code: str
    seal: str
    label: Any
    state: str
    when: str


@dataclass(frozen=True, slots=True)
class Chip:
    """A few words on a coloured ground; ``kind`` is ok, soon, late, info or empty. The words say it all."""

    kind: str
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Sentence:
    """The first line of a matter's page."""

    step: str
    who: str
    due: Chip | None
    next_up: str

    def __str__(self) -> str:
        parts = [self.step, self.who, str(self.due or ""), self.next_up]
        return " ".join(part for part in parts if part)


def shared_calendar() -> WorkCalendar:
    """The working-day calendar, read from the database at most once a minute in each process."""
    calendar: WorkCalendar | None = cache.get("work-calendar")
    if calendar is None:
        calendar = local_calendar()
        cache.set("work-calendar", calendar, CALENDAR_SECONDS)
    return calendar


def states_of_steps(matter: Matter) -> list[str]:
    """Done, now, todo or skipped for each of the six steps."""
    state = SIX_STEPS.state(matter.state)
    # Until triage has said which form a matter takes, nothing is left out yet.
    skipped = () if matter.state in {"raised", "more_needed"} else SKIPPED.get(matter.kind, ())
    here = STEPS.index(state.step)
    found = []
    for index, step in enumerate(STEPS):
        if index != here and (step in skipped or (matter.state in ENDED_EARLY and index > here)):
            found.append("skipped")
        elif index == here:
            found.append("done" if state.final else "now")
        else:
            found.append("done" if index < here else "todo")
    return found


def rail_of(matter: Matter) -> list[RailItem]:
    """The six items of the rail, each with its state and its day in words."""
    items = []
    for step, state in zip(STEPS, states_of_steps(matter), strict=True):
        day = matter.stepped_on.get(step.code)
        if state == "now":
            when = _("现在")
        elif state == "skipped":
            when = _("没有走到") if matter.state in ENDED_EARLY else _("简办免此步")
        elif state == "done":
            when = day_text(date.fromisoformat(day)) if day else ""
        else:
            when = _("待")
        items.append(RailItem(step.code, step.seal, step.label, state, when))
    return items


def mini_states(matter: Matter) -> list[tuple[str, str]]:
    """The six small seals of a list row: (character, done | now | todo | skipped)."""
    return [(step.seal, state) for step, state in zip(STEPS, states_of_steps(matter), strict=True)]


_ORDINALS = (_l("一"), _l("二"), _l("三"), _l("四"), _l("五"), _l("六"))


def step_text(matter: Matter) -> str:
    """Which step it is at, in words."""
    state = SIX_STEPS.state(matter.state)
    if state.final:
        return str(state.label)
    index = STEPS.index(state.step)
    return _("第%(ordinal)s步 · %(action)s") % {
        "ordinal": _ORDINALS[index],
        "action": state.step.action,
    }


@lru_cache(maxsize=512)
def _mini_html(states: tuple[tuple[str, str], ...], words: str) -> SafeString:
    seals = format_html_join("", '<i class="{1}" aria-hidden="true">{0}</i>', states)
    return format_html('<span class="mini" role="img" aria-label="{}">{}</span>', words, seals)


def mini_html(matter: Matter) -> SafeString:
    """The six small seals, with their meaning in words for those who cannot see them."""
    return _mini_html(tuple(mini_states(matter)), step_text(matter))


def who_has_it(matter: Matter) -> str:
    """Who has to do something now."""
    owner = SIX_STEPS.state(matter.state).owner
    if owner == "unit" and matter.lead_unit:
        return _("%(unit)s主办") % {"unit": matter.lead_unit.name}
    if owner == "decider" and matter.decider:
        return _("%(unit)s研究") % {"unit": matter.decider.name}
    if owner == "convener":
        if matter.convener:
            return _("召集人%(name)s") % {"name": matter.convener.name}
        return _("召集人主持")
    if owner == "raiser":
        if matter.state == "more_needed":
            return _("等提事人补充")
        return _("请提事人和大家评")
    return {
        "office": _("政协办公室"),
        "principal": _("党政领导督办"),
    }.get(owner, who_text(owner))


def due_chip(matter: Matter, today: date | None = None, calendar: WorkCalendar | None = None) -> Chip | None:
    """By when, in working days, and whether it is late; None when nothing is due. A provisional date says so."""
    chip = _due_chip(matter, today, calendar)
    if chip is None or matter.is_paused or matter.state == "promised":
        return chip
    return Chip(chip.kind, marked(chip.text, matter.is_due_provisional))


def _due_chip(matter: Matter, today: date | None, calendar: WorkCalendar | None) -> Chip | None:
    today = today or timezone.localdate()
    if matter.is_paused:
        return Chip("info", _("暂停计时，等补充"))
    if matter.state == "promised":
        if matter.promised_on is None:
            return Chip("info", _("还没兑现"))
        words = _("承诺%(day)s前办成") % {"day": day_text(matter.promised_on)}
        return Chip("late", f"▲ {words}") if matter.promised_on < today else Chip("info", words)
    # After the objection period the office's own time runs: it answers what was objected.
    if matter.state == "published" and matter.objections_until and matter.objections_until >= today:
        return Chip("info", _("%(day)s前可提意见") % {"day": day_text(matter.objections_until)})
    if matter.due_on is None or SIX_STEPS.state(matter.state).final:
        return None
    if matter.state in NOT_LATE:
        if matter.state == "watched":
            return Chip("", _("%(day)s回访") % {"day": day_text(matter.due_on)})
        return Chip("info", _("评到%(day)s") % {"day": day_text(matter.due_on)})
    calendar = calendar or shared_calendar()
    if matter.due_on < today:
        late = max(1, calendar.workdays_between(matter.due_on, today))
        return Chip("late", "▲ " + ngettext("超期%(n)s个工作日", "超期%(n)s个工作日", late) % {"n": late})
    left = calendar.workdays_between(today, matter.due_on)
    if left == 0:
        return Chip("soon", _("今天到期"))
    if left <= SOON_WORKDAYS:
        return Chip("soon", ngettext("还有%(n)s个工作日", "还有%(n)s个工作日", left) % {"n": left})
    return Chip("", _("%(day)s前") % {"day": day_text(matter.due_on)})


def sentence_of(matter: Matter, today: date | None = None) -> Sentence:
    """Where it is, who has it, by when, and what comes next."""
    state = SIX_STEPS.state(matter.state)
    if state.final:
        # "Answered" is not "solved": how it ended is said as the raters said it.
        ended = outcome_text(matter) if matter.state == "closed" else ""
        return Sentence(step_text(matter), ended, None, str(state.next_up))
    return Sentence(
        step_text(matter),
        who_has_it(matter),
        due_chip(matter, today),
        _("接下来：%(next)s") % {"next": state.next_up},
    )


def outcome_text(matter: Matter) -> str:
    """How it ended, in words; empty while it is open."""
    return str(Outcome(matter.outcome).label) if matter.outcome else ""


def rating_summary(matter: Matter, given: Sequence[RatingData] = ()) -> str:
    """The score with its sample size: 42 人评，38 人说解决了. Nobody rated is said as that, never as satisfaction.

    A matter sent back begins at nothing again; of the round that sent it back ``given`` tells, if the caller has it.
    """
    count, solved = matter.rating_count, matter.solved_count
    if count == 0:
        counted = [one for one in given if one.rater != Rating.Rater.UNIT]
        count, solved = sum(one.count for one in counted), sum(one.solved for one in counted)
    if count == 0:
        return _("还没有人评") if matter.state in NOT_LATE | {"closed"} else ""
    rated = ngettext("%(n)s 人评", "%(n)s 人评", count) % {"n": count}
    said = ngettext("%(n)s 人说解决了", "%(n)s 人说解决了", solved) % {"n": solved}
    return _("%(rated)s，%(solved)s") % {"rated": rated, "solved": said}


def row_chip(matter: Matter, today: date, calendar: WorkCalendar | None = None) -> Chip | None:
    """The one chip of a list row: the rating once there is one, else what is due."""
    if matter.rating_count and matter.state in NOT_LATE | {"closed"}:
        mostly = 2 * matter.solved_count > matter.rating_count
        return Chip("ok" if mostly else "", rating_summary(matter))
    if matter.state == "closed":
        return Chip("", outcome_text(matter) or str(SIX_STEPS.state(matter.state).label))
    if matter.state == "escalated":
        return Chip("late", str(SIX_STEPS.state(matter.state).label))
    return due_chip(matter, today, calendar)


@dataclass(frozen=True, slots=True)
class Row:
    """A matter as a list shows it; everything is formatted, so the template only prints."""

    number: str
    title: str
    mini: SafeString
    who: str
    place: str
    chip: Chip | None
    me_too: str
    meeting: str = ""


def rows_of(matters: list[Matter], today: date | None = None) -> list[Row]:
    """List rows of matters that come with their area, units and category. At most one query."""
    today = today or timezone.localdate()
    calendar = shared_calendar()
    return [
        Row(
            matter.number,
            matter.title,
            mini_html(matter),
            who_has_it(matter) if not SIX_STEPS.state(matter.state).final else "",
            matter.area.name,
            row_chip(matter, today, calendar),
            me_too_text(matter),
            meeting_text(matter),
        )
        for matter in matters
    ]


def meeting_text(matter: Matter) -> str:
    """When people meet about it and that they can come; empty without a meeting to come or when that was not read."""
    at = getattr(matter, "meeting_at", None)
    if at is None or matter.state != "deliberating":
        return ""
    return _("%(when)s 开会，可报名") % {"when": moment_text(at)}


def me_too_text(matter: Matter) -> str:
    """How many others have it too; empty for none."""
    if not matter.me_too_count:
        return ""
    return ngettext("%(n)s 人也遇到", "%(n)s 人也遇到", matter.me_too_count) % {"n": matter.me_too_count}


def chip_html(chip: Chip | None) -> SafeString | str:
    """A chip; nothing for none."""
    return format_html('<span class="chip {}">{}</span>', chip.kind, chip.text) if chip else ""


def _row_html(row: Row) -> SafeString:
    return format_html(
        '<li><a class="title" href="{}">{}</a><div class="meta">{}<span>{}</span>{}{}{}{}</div></li>',
        reverse("matter_detail", args=[row.number]),
        row.title,
        row.mini,
        row.place,
        format_html("<span>{}</span>", row.who) if row.who else "",
        chip_html(row.chip),
        format_html('<span class="chip info">{}</span>', row.meeting) if row.meeting else "",
        format_html('<span class="num">{}</span>', row.me_too) if row.me_too else "",
    )


def list_html(rows: Sequence[Row]) -> SafeString:
    """Rows as the list every page shows. Put together in Python: a template include per row is what makes lists slow."""
    return _listed([_row_html(row) for row in rows])


def _listed(rows: Iterable[SafeString]) -> SafeString:
    return mark_safe(f'<ul class="list">{"".join(rows)}</ul>')  # noqa: S308  (rows made here, each escaped)


def values_html(rows: Sequence[RowValues]) -> SafeString:
    """The same list from bare columns. A row whose columns did not change is not put together again."""
    today, language, minute = timezone.localdate(), get_language(), int(time() // CALENDAR_SECONDS)
    return _listed([_values_html(row, today, language, minute) for row in rows])


@lru_cache(maxsize=4096)
def _values_html(row: RowValues, today: date, language: str | None, minute: int) -> SafeString:
    # The minute stands for the working-day calendar, which is read again as often.
    matter = Matter(
        **{
            name: value
            for name, value in row._asdict().items()
            if name not in {"area", "lead_unit", "decider", "convener", "meeting_at"}
        },
        area=Area(name=row.area),
        lead_unit=Unit(name=row.lead_unit) if row.lead_unit else None,
        decider=Unit(name=row.decider) if row.decider else None,
        convener=Member(name=row.convener) if row.convener else None,
    )
    matter.meeting_at = row.meeting_at  # type: ignore[attr-defined]
    return _row_html(rows_of([matter], today)[0])


def select_html(
    name: str,
    value: str,
    options: Iterable[tuple[Any, Any]],
    groups: Iterable[tuple[str, Any]] = (),
    empty: str = "",
) -> SafeString:
    """A select of a filter form, its options in groups or not. In Python, because some have hundreds of options."""

    def lines(pairs: Iterable[tuple[Any, Any]]) -> SafeString:
        return format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((code, mark_safe(" selected") if code == value else "", text) for code, text in pairs),
        )

    return format_html(
        '<select id="f-{0}" name="{0}"><option value="">{1}</option>{2}{3}</select>',
        name,
        empty or _("不限"),
        lines(options),
        format_html_join(
            "", '<optgroup label="{}">{}</optgroup>', ((label, lines(pairs)) for label, pairs in groups)
        ),
    )
