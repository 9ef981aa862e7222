"""What the audit administrator reads: who saw whose contact, who signed in, which roles changed. Read-only."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from axes.models import AccessFailureLog
from axes.models import AccessLog as SignIn
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tongxin.accounts.models import User
from tongxin.core.models import AccessLog, LedgerEntry

PAGE = 50
EXPORT_LIMIT = 50_000
KINDS = {
    "access": _("谁看了什么"),
    "sign_ins": _("登录"),
    "failures": _("登录失败"),
    "roles": _("角色变动"),
}
ROLE_EVENTS = (
    "role.granted",
    "role.ended",
    "account.created",
    "account.disabled",
    "account.enabled",
    "account.renewed",
    "account.password_set",
)
ACTIONS = {
    "contact.read": _("查看联系方式"),
    "role.granted": _("给予角色"),
    "role.ended": _("结束角色"),
    "account.created": _("新建账号"),
    "account.disabled": _("停用账号"),
    "account.enabled": _("恢复账号"),
    "account.renewed": _("重设登录方式"),
    "account.password_set": _("本人设置密码"),
    "calendar.changed": _("改工作日历"),
    "ledger.checked": _("核对账本"),
    "ledger.check_asked": _("要求核对账本"),
    "audit.exported": _("导出审计记录"),
    "messages.resent": _("重发消息"),
    "messages.dropped": _("不再发的消息"),
    "provider.reset": _("让发送渠道再试"),
    "sign_in": _("登录"),
    "sign_in.failed": _("登录失败"),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """What the auditor asked for. Dates are whole days of the district's clock, both included."""

    kind: str = "access"
    user: str = ""
    first: date | None = None
    last: date | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of any of the lists, in words."""

    pk: int
    at: datetime
    who: str
    what: str
    detail: str
    address: str = ""

    @property
    def label(self) -> str:
        """What was done, in words."""
        return str(ACTIONS.get(self.what, self.what))


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Lines, newest first, and where the next page goes on."""

    lines: list[Line]
    next_before: int | None


def _moment(day: date, *, end: bool = False) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.max if end else time.min))


def _between(rows: QuerySet[Any], name: str, wanted: Filter) -> QuerySet[Any]:
    if wanted.first:
        rows = rows.filter(**{f"{name}__gte": _moment(wanted.first)})
    if wanted.last:
        rows = rows.filter(**{f"{name}__lte": _moment(wanted.last, end=True)})
    return rows


def _rows(wanted: Filter) -> QuerySet[Any]:
    key = "seq" if wanted.kind == "roles" else "pk"
    if wanted.kind == "roles":
        rows: QuerySet[Any] = _between(LedgerEntry.objects.filter(event__in=ROLE_EVENTS), "at", wanted)
    elif wanted.kind in {"sign_ins", "failures"}:
        model = SignIn if wanted.kind == "sign_ins" else AccessFailureLog
        rows = _between(model.objects.all(), "attempt_time", wanted)
        if wanted.user:
            rows = rows.filter(username__icontains=wanted.user)
    else:
        rows = _between(AccessLog.objects.select_related("user"), "at", wanted)
        if wanted.user:
            rows = rows.filter(user__username__icontains=wanted.user)
    if wanted.before:
        rows = rows.filter(**{f"{key}__lt": wanted.before})
    return rows.order_by(f"-{key}")


def _numbers(rows: list[Any]) -> Mapping[int, str]:
    from tongxin.core.models import RecordNumber

    ids = {row.dossier_id for row in rows if row.dossier_id}
    return dict(
        RecordNumber.objects.filter(dossier_id__in=ids).order_by("pk").values_list("dossier_id", "slug")
    )


def _people_by_digest() -> dict[str, str]:
    from tongxin.accounts.actions.people import person_digest

    return {person_digest(pk): name for pk, name in User.objects.values_list("pk", "username")}


def _lines(wanted: Filter, rows: list[Any]) -> Iterator[Line]:
    if wanted.kind == "roles":
        known = _people_by_digest()
        for row in rows:
            body = json.loads(row.body)
            where = f"{body['role']} {body['scope']}:{body['scope_id']}" if "role" in body else ""
            person = known.get(body.get("person", ""), "")
            if wanted.user and wanted.user.lower() not in person.lower():
                continue
            yield Line(
                row.seq,
                row.at,
                known.get(body.get("by", ""), body.get("by", "")),
                row.event,
                f"{person} {where}",
            )
    elif wanted.kind in {"sign_ins", "failures"}:
        # What is no user name may be anything somebody typed there, a phone number too.
        known_names = set(
            User.objects.filter(username__in={row.username for row in rows}).values_list(
                "username", flat=True
            )
        )
        for row in rows:
            is_known = row.username in known_names
            what = "sign_in.failed" if wanted.kind == "failures" else "sign_in"
            detail = "locked" if getattr(row, "locked_out", False) else ""
            who = row.username if is_known else "—"
            yield Line(
                row.pk, row.attempt_time, who, what, detail, (row.ip_address or "") if is_known else ""
            )
    else:
        numbers = _numbers(rows)
        for row in rows:
            detail = " ".join(filter(None, [numbers.get(row.dossier_id, ""), row.detail]))
            yield Line(row.pk, row.at, row.user.username if row.user else "—", row.action, detail)


def read(wanted: Filter) -> AuditPage:
    """One page of what was asked for, newest first. At most three queries."""
    rows = list(_rows(wanted)[: PAGE + 1])
    last = rows[PAGE - 1].pk if len(rows) > PAGE else None
    return AuditPage(list(_lines(wanted, rows[:PAGE])), last)


def export(wanted: Filter) -> Iterator[list[str]]:
    """Rows for a spreadsheet: no resident's data, for what residents left is not in these lists."""
    yield ["at", "who", "what", "detail", "address"]
    for line in _lines(wanted, list(_rows(wanted)[:EXPORT_LIMIT])):
        at = timezone.localtime(line.at).isoformat(timespec="seconds")
        yield [at, line.who, line.what, line.detail.strip(), line.address]
