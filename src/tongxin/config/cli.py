"""The ``tongxin`` command. Nothing heavy is imported until a command needs it."""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tongxin.config.console import fail, say

# Commands whose arguments are Django's to read.
PASSED_ON: dict[str, list[str]] = {
    "import": ["import_directory"],
    "import-opinions": ["import_opinions"],
    "verify": ["verify_ledger"],
    "rekey-contacts": ["rekey_contacts"],
    "migrate": ["migrate"],
    "manage": [],
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongxin.config.settings")
    if arguments and arguments[0] in PASSED_ON:
        with database():
            return _django([*PASSED_ON[arguments[0]], *arguments[1:]])
    if arguments[:1] == ["database"]:
        with database():
            return _database_program(arguments[1:])
    options = parser().parse_args(arguments)
    if options.command in {"run", "web"}:
        from tongxin.config import run

        start = run.run if options.command == "run" else run.run_web
        return start(options.host, options.port, options.workers or run.default_workers())
    if options.command == "worker":
        from tongxin.config import run

        with database():
            return run.run_worker(options.processes)
    if options.command == "opinion":
        from tongxin.deliberation.opinion.command import write_map

        return write_map(options.votes, options.comments, options.out, mode=options.mode, seed=options.seed)
    if options.command == "demo":
        return _demo(options.what, options.yes)
    if options.command == "prepare":
        with database():
            return _prepare()
    from tongxin.config.doctor import examine

    with database() as was_started:
        return examine(as_json=options.json, stopped=was_started)


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(
        prog="tongxin", description="Tongxin (同心): from a resident's word to everyone's rating."
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="command")
    for name, text in (
        ("run", "everything: database, web and worker, until Ctrl-C"),
        ("web", "the web processes only"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("--host", default="127.0.0.1")
        command.add_argument("--port", type=int, default=8000)
        command.add_argument(
            "--workers", type=int, default=0, help="web processes (default: processors, at most 4)"
        )
    worker = commands.add_parser("worker", help="the background workers only")
    worker.add_argument("--processes", type=_one_or_more, default=1, help="how many of them (default: 1)")
    commands.add_parser("prepare", help="schema and static files up to date, before web and worker start")
    commands.add_parser("migrate", help="bring the database's schema up to date")
    demo = commands.add_parser("demo", help="the demo district")
    demo.add_argument("what", choices=["load", "reset"])
    demo.add_argument("--yes", action="store_true", help="reset without asking")
    opinion = commands.add_parser("opinion", help="the opinion map of a file of votes (needs no database)")
    opinion.add_argument("votes", type=Path, help="votes.csv of a Polis export")
    opinion.add_argument("--comments", type=Path, help="comments.csv: texts, and what was moderated out")
    opinion.add_argument("--out", type=Path, required=True, help="folder for the CSV files and summary.json")
    opinion.add_argument("--mode", choices=["canonical", "polis"], default="canonical")
    opinion.add_argument("--seed", type=int, default=0)
    commands.add_parser("import", help="members, stations and units from Excel or CSV")
    commands.add_parser("import-opinions", help="a conversation from the files of a Polis export")
    commands.add_parser("verify", help="check the ledger, of this installation or a downloaded file")
    commands.add_parser("database", help="one of PostgreSQL's programs on our database: database pg_dump …")
    commands.add_parser("manage", help="any of Django's own commands")
    commands.add_parser("rekey-contacts", help="seal contacts with the first key, so that old keys can go")
    doctor = commands.add_parser("doctor", help="say what is in order, what is not, and what to do")
    doctor.add_argument("--json", action="store_true", help="for programs")
    return top


def _one_or_more(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


@contextmanager
def database() -> Iterator[bool]:
    """The embedded server, if that is the one in use, for as long as the command takes.

    Tells whether it had to be started: then nothing else of Tongxin was running.
    """
    from tongxin.core import embedded

    if not embedded.is_embedded():
        yield False
        return
    was_started = embedded.start()
    try:
        yield was_started
    finally:
        _close_connections()
        embedded.stop()


def _close_connections() -> None:
    if "django.db" in sys.modules:
        from django.db import connections
        from django.db.backends.postgresql.base import DatabaseWrapper

        for connection in connections.all(initialized_only=True):
            connection.close()
            if isinstance(connection, DatabaseWrapper):
                connection.close_pool()


def _database_program(arguments: list[str]) -> int:
    import subprocess

    from tongxin.core import embedded

    if not arguments or arguments[0].startswith("-"):
        return fail("tongxin database pg_dump|pg_restore|psql …")
    try:
        path = embedded.program(arguments[0])
    except embedded.DatabaseUnavailable as problem:
        return fail(str(problem))
    if not path.exists():
        return fail(say(f"没有这个程序：{path.name}", f"There is no such program: {path.name}"))
    config = embedded.database_config()
    names = {
        "PGHOST": "HOST",
        "PGPORT": "PORT",
        "PGUSER": "USER",
        "PGPASSWORD": "PASSWORD",
        "PGDATABASE": "NAME",
    }
    environment = {name: config[key] for name, key in names.items() if config[key]}
    if mode := config.get("OPTIONS", {}).get("sslmode"):
        environment["PGSSLMODE"] = mode
    return subprocess.run([str(path), *arguments[1:]], env=os.environ | environment, check=False).returncode  # noqa: S603


def _django(arguments: list[str]) -> int:
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(["tongxin", *arguments])
    except SystemExit as asked:
        return asked.code if isinstance(asked.code, int) else int(asked.code is not None)
    return 0


def _prepare() -> int:
    import django

    django.setup()
    from django.conf import settings

    from tongxin.config.preparation import prepare

    prepare(settings.DEMO)
    return 0


def _demo(what: str, sure: bool) -> int:
    from tongxin.core import embedded

    if what == "load":
        with database():
            return _django(["migrate", "--verbosity", "0"]) or _django(["load_demo"])
    if not embedded.is_embedded():
        return fail(
            say("DATABASE_URL 指定的数据库请自行清空。", "Empty the database of DATABASE_URL yourself.")
        )
    folder = embedded.home()
    if not sure:
        question = say(
            f"将删除 {folder} 中的全部数据，且无法恢复。输入 yes 继续：",
            f"This deletes everything in {folder} for good. Type yes to go on: ",
        )
        try:
            answer = input(question)
        except EOFError:
            answer = ""
        if answer.strip().lower() != "yes":
            return fail(say("未改动。", "Nothing was changed."))
    try:
        embedded.erase()
    except embedded.DatabaseUnavailable as problem:
        return fail(str(problem))
    print(say("已删除。下次启动会重新载入演示。", "Deleted. The next start loads the demo afresh."))
    return 0


if __name__ == "__main__":
    sys.exit(main())
