"""What the diary and the yearly records show elsewhere."""

from django.core.checks import register as register_check
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from tongxin.accounts.roles import Role
from tongxin.core.actor import Actor
from tongxin.core.demo import demo_parts
from tongxin.core.records import (
    RecordKind,
    Waiting,
    WorkPage,
    register_kind,
    waiting_sources,
    work_pages,
)
from tongxin.core.signals import entry_written
from tongxin.notices.texts import NoticeText, register_text

CONTEST_URL = "/work/contests/%(contest)s/"
TEXTS: dict[str, tuple[str | Promise, str | Promise]] = {
    "diary.contested": (
        _l("有委员对履职记录提出异议"),
        _l("一位委员认为履职记录有误或有遗漏，请核实后答复。"),
    ),
    "diary.contest_withdrawn": (
        _l("委员撤回了对履职记录的异议"),
        _l("一位委员撤回了对履职记录的异议，不用再答复。"),
    ),
    "diary.contest_answered": (
        _l("您对履职记录的异议有了答复"),
        _l("政协办公室答复了您对履职记录的异议，理由写在页面上。"),
    ),
}


def contests_waiting(actor: Actor) -> list[Waiting]:
    """The office: contests to be answered. One query, none for others."""
    from tongxin.duty.rules_record import is_office
    from tongxin.duty.selectors.record import open_contest_count

    count = open_contest_count() if is_office(actor) else 0
    return [Waiting("/work/contests/", _("履职记录的异议待答复"), count)] if count else []


def register() -> None:
    """Called once, when applications start."""
    from tongxin.duty import tasks_record  # noqa: F401  (importing it makes the job known to workers)
    from tongxin.duty.actions.record.gathering import entry_heard
    from tongxin.duty.demo.record import load_record
    from tongxin.duty.rules_record import is_office
    from tongxin.duty.scores import check_scores
    from tongxin.duty.selectors.record import may_read_photo

    register_kind(
        RecordKind(
            code="duty_record",
            track_url=lambda _number: "",  # it has no number and no tracking code
            may_read_file=may_read_photo,
            followed=lambda _receipts: [],
        )
    )
    entry_written.connect(entry_heard, dispatch_uid="duty.record.entry_heard")
    waiting_sources.append(contests_waiting)
    work_pages.append(WorkPage("/work/diary/", _l("履职日记"), lambda actor: actor.has(Role.MEMBER)))
    work_pages.append(WorkPage("/work/records/", _l("履职档案"), is_office))
    for code, (line, body) in TEXTS.items():
        register_text(code, NoticeText(subject=line, line=line, body=body, url=CONTEST_URL))
    register_check(check_scores)
    demo_parts.append(load_record)
