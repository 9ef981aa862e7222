"""What core looks at for the doctor: database, schema, jobs, ledger, disk, clock, keys, addresses."""

import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.core import readiness
from tongxin.core.contacts import sealer
from tongxin.core.crypto import UnsealFailed
from tongxin.core.findings import Said, check, good, is_stopped, note, wrong
from tongxin.core.models import AccessLog, Contact, LedgerEntry, LedgerHead

LEAST_FREE = 1024**3
"""Bytes: below this PostgreSQL and uploads come to a halt soon."""
LITTLE_FREE = 0.1
QUEUE_LATE = 600
"""Seconds a job that is due may wait."""
STALLED = 120
"""Seconds without a sign of life after which a job is put back into the queue (domain promise: within two minutes)."""
ALIVE = 60
"""Seconds since a worker's last sign of life."""
CLOCK_NOTE, CLOCK_WRONG = 2.0, 30.0
CHECK_DAYS = 8


def query(statement: str, parameters: Sequence[int] = ()) -> tuple[object, ...]:
    """The one row of a small statement of our own."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        row: tuple[object, ...] = cursor.fetchone()
    return row


@check("database", 0, lambda: _("数据库"), needs_database=False)
def database() -> Said:
    """Reachable, recent enough, with connections to spare."""
    try:
        version, number, used, most = query(
            "SELECT current_setting('server_version'), current_setting('server_version_num')::int, "
            "(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'), "
            "current_setting('max_connections')::int"
        )
    except DatabaseError:
        return wrong(_("连不上数据库。"), _("看数据库是不是在运行，DATABASE_URL 对不对。"))
    facts = {"version": version, "used": used, "most": most}
    if int(str(number)) < 150_000:
        return wrong(_("PostgreSQL %(version)s 太旧。") % facts, _("升级到 PostgreSQL 15 或更新的版本。"))
    share = int(str(used)) / int(str(most))
    said = _("PostgreSQL %(version)s，连接用了 %(used)s 个，最多 %(most)s 个。") % facts
    if share >= 0.95:
        return wrong(said, _("连接快用完了：调大 max_connections，或调小 TONGXIN_POOL。"))
    return (
        note(said, _("连接用得多：看看网页进程数乘以 TONGXIN_POOL 是否太大。"))
        if share >= 0.8
        else good(said)
    )


@check("schema", 10, lambda: _("数据库结构"))
def schema() -> Said:
    """Every migration of this code has been applied."""
    pending = readiness.pending_migrations()
    if pending:
        return wrong(
            _("还有 %(count)s 项迁移没做。") % {"count": len(pending)}, _("运行 tongxin prepare，再重启。")
        )
    return good(_("是最新的。"))


@check("static", 20, lambda: _("静态文件"), needs_database=False)
def static_files() -> Said:
    """What browsers fetch was collected from this code."""
    if readiness.static_is_stale():
        return wrong(_("样式和脚本不是这一版的。"), _("运行 tongxin prepare，再重启。"))
    return good(_("是最新的。"))


@check("messages", 30, lambda: _("英文文案"), needs_database=False)
def messages() -> Said:
    """The catalogues are compiled."""
    if readiness.stale_messages():
        return wrong(_("有文案还没编译。"), _("运行 make messages。"))
    return good(_("已编译。"))


@check("queue", 40, lambda: _("后台任务"))
def queue() -> Iterator[Said]:
    """Jobs that are due and wait, that nobody works at any more, that failed."""
    waiting, seconds = query(
        "SELECT count(*), coalesce(extract(epoch FROM now() - min(coalesce(j.scheduled_at, "
        "(SELECT min(e.at) FROM procrastinate_events e WHERE e.job_id = j.id AND e.type = 'deferred'), now()))), 0)"
        "::float FROM procrastinate_jobs j WHERE j.status = 'todo' AND coalesce(j.scheduled_at, now()) <= now()"
    )
    age = int(float(str(seconds)))
    facts = {"count": waiting, "minutes": age // 60}
    if age <= QUEUE_LATE:
        yield good(_("%(count)s 个在等，没有超过十分钟的。") % facts)
    elif is_stopped():
        yield note(
            _("%(count)s 个在等，最早的等了 %(minutes)s 分钟；现在没有启动。") % facts, _("启动后会接着办。")
        )
    else:
        yield wrong(
            _("%(count)s 个在等，最早的等了 %(minutes)s 分钟。") % facts,
            _("看后台进程是不是在运行；多开几个：tongxin worker --processes 2。"),
        )
    stalled, failed = query(
        "SELECT count(*) FILTER (WHERE j.status = 'doing' AND (w.id IS NULL OR w.last_heartbeat < now() - %s * "
        "interval '1 second')), count(*) FILTER (WHERE j.status = 'failed') FROM procrastinate_jobs j "
        "LEFT JOIN procrastinate_workers w ON w.id = j.worker_id WHERE j.status IN ('doing', 'failed')",
        [STALLED],
    )
    if stalled:
        say_it = note if is_stopped() else wrong
        yield say_it(
            _("%(count)s 个做到一半没人管了。") % {"count": stalled},
            _("有后台进程在运行时，两分钟内会自动重做；没有的话，启动一个。"),
        )
    if failed:
        yield note(
            _("%(count)s 个失败了，不会再自动重试。") % {"count": failed},
            _("原因在后台进程的日志里（event 为 job、status 为 error）。"),
        )


@check("workers", 50, lambda: _("后台进程"))
def workers() -> Said:
    """Somebody works off the queue, and has said so within the minute."""
    # A database started for this very check has no workers: a recent sign of life is a killed one's last.
    if is_stopped():
        return note(_("现在没有启动。"), _("tongxin run，或者 tongxin web 和 tongxin worker。"))
    (alive,) = query(
        "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - %s * interval '1 second'",
        [ALIVE],
    )
    if alive:
        return good(_("%(count)s 个在干活。") % {"count": alive})
    return wrong(
        _("没有后台进程在干活：通知发不出去，到期也没人提醒。"), _("启动 tongxin worker（或 tongxin run）。")
    )


@check("ledger", 70, lambda: _("账本"))
def ledger_head() -> Iterator[Said]:
    """The recorded head is the last entry; when the whole chain was walked last."""
    head = LedgerHead.objects.filter(pk=1).first()
    last = LedgerEntry.objects.order_by("-seq").values_list("seq", "digest").first()
    count = LedgerEntry.objects.count() if head is None or head.seq <= 10_000 else None
    if (head is None) != (last is None) and (head is None or head.seq):
        yield wrong(_("账本和它的末页对不上。"), _("别再写入；运行 tongxin verify，并告诉审计管理员。"))
        return
    if head is None or last is None:
        yield good(_("还没有记录。"))
        return
    if (head.seq, head.digest) != last or (count is not None and count != head.seq):
        yield wrong(
            _("末页写的是第 %(head)s 条，库里最后是第 %(last)s 条，或者中间少了。")
            % {"head": head.seq, "last": last[0]},
            _("别再写入；运行 tongxin verify，并告诉审计管理员。"),
        )
        return
    yield good(_("共 %(count)s 条，末页对得上。") % {"count": head.seq})
    checked = AccessLog.objects.filter(action="ledger.checked").order_by("-pk").first()
    if checked is None:
        yield note(_("还没有从头到尾核对过。"), _("运行 tongxin verify；后台进程每天夜里也会核对。"))
    elif not checked.detail.endswith("whole"):
        yield wrong(
            _("上次核对发现了问题（%(at)s）。") % {"at": timezone.localtime(checked.at).strftime("%F %H:%M")},
            _("运行 tongxin verify，看是哪一条；告诉审计管理员。"),
        )
    elif timezone.now() - checked.at > timedelta(days=CHECK_DAYS):
        yield note(
            _("上次从头核对是 %(at)s。") % {"at": timezone.localtime(checked.at).strftime("%F")},
            _("运行 tongxin verify。"),
        )
    else:
        yield good(
            _("%(at)s 从头核对过，一条不差。") % {"at": timezone.localtime(checked.at).strftime("%F %H:%M")}
        )


@check("disk", 80, lambda: _("磁盘"), needs_database=False)
def disk() -> Said:
    """Room for data and uploads."""
    usage = shutil.disk_usage(settings.HOME)
    said = _("剩 %(free).1f GB，共 %(total).1f GB。") % {
        "free": usage.free / 1024**3,
        "total": usage.total / 1024**3,
    }
    if usage.free < LEAST_FREE:
        return wrong(said, _("清出空间，或换更大的盘：再满下去数据库会停。"))
    if usage.free < usage.total * LITTLE_FREE:
        return note(said, _("不到一成了，早点扩容。"))
    return good(said)


@check("clock", 90, lambda: _("时钟"))
def clock() -> Iterator[Said]:
    """Machine and database agree on the time; the time zone is the district's; the network sets the clock."""
    before = time.time()
    (there,) = query("SELECT extract(epoch FROM clock_timestamp())::float")
    apart = abs(float(str(there)) - (before + time.time()) / 2)
    said = _("这台机器与数据库相差 %(seconds).1f 秒。") % {"seconds": apart}
    if apart > CLOCK_WRONG:
        yield wrong(said, _("给两台机器都开网络对时：期限和验证码都靠时钟。"))
    elif apart > CLOCK_NOTE:
        yield note(said, _("给两台机器都开网络对时。"))
    else:
        yield good(said)
    offset = timezone.localtime().utcoffset()
    if offset != timedelta(hours=8):
        yield note(
            _("时区是 %(zone)s，不是北京时间。") % {"zone": settings.TIME_ZONE},
            _("如非有意，去掉 TONGXIN_TIME_ZONE。"),
        )
    if _network_time() == "no":
        yield note(_("这台机器没有按网络对时。"), _("timedatectl set-ntp true"))


def _network_time() -> str:
    program = shutil.which("timedatectl")
    if program is None:
        return ""
    try:
        done = subprocess.run(  # noqa: S603  (the system's own program)
            [program, "show", "--property", "NTPSynchronized", "--value"],
            capture_output=True,
            text=True,
            timeout=2,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


@check("keys", 100, lambda: _("联系方式的钥匙"))
def contact_keys() -> Iterator[Said]:
    """The oldest and the newest contact open."""
    kept = Contact.objects.exclude(sealed_phone="").order_by("pk")
    samples = [row for row in (kept.first(), kept.last()) if row is not None]
    try:
        for row in samples:
            sealer().unseal(row.sealed_phone)
    except UnsealFailed:
        yield wrong(
            _("有联系方式用现在的钥匙打不开。"),
            _("把原来的钥匙放回 TONGXIN_CONTACT_KEYS（新钥匙在前，旧钥匙在后）。"),
        )
        return
    yield good(_("打得开。") if samples else _("还没有要打开的。"))
    if len(settings.CONTACT_KEYS) > 1:
        yield note(
            _("配了 %(count)s 把钥匙。") % {"count": len(settings.CONTACT_KEYS)},
            _("运行 tongxin rekey-contacts，它说可以以后再去掉旧钥匙。"),
        )


@check("addresses", 110, lambda: _("网址与代理"), needs_database=False)
def addresses() -> Iterator[Said]:
    """Which names it answers to, and whose word about the client's address it takes."""
    if settings.DEMO:
        yield good(_("演示，不对外。"))
        return
    if not settings.PRODUCTION:
        yield note(_("没有用正式环境的设置。"), _("给真人用之前：TONGXIN_PRODUCTION=1，见 docs/deploy.md。"))
        return
    local = {"127.0.0.1", "localhost", "[::1]"}
    if "*" in settings.ALLOWED_HOSTS or not set(settings.ALLOWED_HOSTS) - local:
        yield wrong(_("ALLOWED_HOSTS 没有写明对外的网址。"), _("写上您的域名，不要用 *。"))
    else:
        yield good(_("应答的网址：%(hosts)s") % {"hosts": ", ".join(settings.ALLOWED_HOSTS)})
    if not settings.TRUSTED_PROXY:
        yield wrong(
            _("没有写明前面的代理：所有人都会被看成来自同一个地址，登录锁定会误伤。"),
            _("把 nginx 的地址写进 TONGXIN_TRUSTED_PROXY。"),
        )
    elif settings.TRUSTED_PROXY == "*":
        yield note(
            _("谁转来的地址都信。"), _("只有当外面的人绝对连不到网页进程时才可以；否则写明代理的地址。")
        )
