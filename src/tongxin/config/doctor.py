"""``tongxin doctor``: what is in order and what is not, one line each."""

import shutil
from collections.abc import Callable
from io import StringIO

import django

from tongxin.config import preparation
from tongxin.config.console import say
from tongxin.core import embedded

LEAST_FREE = 1024**3  # bytes: below this PostgreSQL and uploads come to a halt soon


def examine() -> int:
    """Print every check; the exit code is 1 when one failed."""
    django.setup()
    checks: list[tuple[str, Callable[[], str | None]]] = [
        (say("数据库", "database"), _database),
        (say("数据库结构", "schema"), _schema),
        (say("静态文件", "static files"), _static),
        (say("英文文案", "messages"), _messages),
        (say("磁盘", "disk"), _disk),
        (say("账本", "ledger"), _ledger),
    ]
    failed = 0
    for name, check in checks:
        try:
            problem = check()
        except Exception as error:  # a check that breaks is a finding, not a crash
            problem = f"{type(error).__name__}: {error}"
        failed += problem is not None
        print(f"{'✗' if problem else '✓'} {name}{': ' + problem if problem else ''}")
    return 1 if failed else 0


def _database() -> str | None:
    with preparation.plain_connection() as connection:
        version = connection.info.server_version
    return None if version >= 150_000 else say("需要 PostgreSQL 15 以上", "PostgreSQL 15 or later is needed")


def _schema() -> str | None:
    pending = preparation.pending_migrations()
    return (
        say(f"{len(pending)} 项未迁移", f"{len(pending)} migrations to apply: tongxin migrate")
        if pending
        else None
    )


def _static() -> str | None:
    stale = preparation.static_is_stale()
    return say("需要重新收集", "to be collected: tongxin manage collectstatic") if stale else None


def _messages() -> str | None:
    stale = preparation.stale_messages()
    return say("需要编译：make messages", "to be compiled: make messages") if stale else None


def _disk() -> str | None:
    free = shutil.disk_usage(embedded.home()).free
    return None if free > LEAST_FREE else say("剩余不足 1 GB", "less than 1 GB left")


def _ledger() -> str | None:
    from django.core.management import call_command

    try:
        call_command("verify_ledger", stdout=StringIO(), stderr=StringIO())
    except SystemExit:
        return say("校验失败，详见 tongxin verify", "a fault was found: tongxin verify names it")
    return None
