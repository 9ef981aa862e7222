"""What is in order and what is not: each part registers its checks; the doctor and the administrator's page read them.

A check returns what it found: a state, what that means, and what to do. It must be quick, must change nothing, and
must say nothing personal.
"""

from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

import structlog
from django.utils.translation import gettext as _

log = structlog.get_logger(__name__)


class State(StrEnum):
    """How bad it is: in order; to be known; to be mended."""

    GOOD = "good"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Said:
    """What one check says: a state, what it means, and what to do about it."""

    state: State
    meaning: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: which check, its name for people, and what it said."""

    code: str
    name: str
    state: State
    meaning: str
    todo: str = ""

    @property
    def mark(self) -> str:
        """The state as a sign; colour never says anything alone."""
        return {State.GOOD: "✓", State.NOTE: "!", State.WRONG: "✗"}[self.state]


Check = Callable[[], Said | Iterable[Said]]


@dataclass(frozen=True, slots=True)
class _Registered:
    position: int
    code: str
    name: Callable[[], str]
    run: Check
    needs_database: bool


_checks: dict[str, _Registered] = {}
_stopped: ContextVar[bool] = ContextVar("tongxin_stopped", default=False)


def good(meaning: str) -> Said:
    """In order."""
    return Said(State.GOOD, meaning)


def note(meaning: str, todo: str = "") -> Said:
    """Nothing is broken, but somebody should know."""
    return Said(State.NOTE, meaning, todo)


def wrong(meaning: str, todo: str) -> Said:
    """Something has to be done."""
    return Said(State.WRONG, meaning, todo)


def check(
    code: str, position: int, name: Callable[[], str], *, needs_database: bool = True
) -> Callable[[Check], Check]:
    """Register a check. ``position`` orders the lines; ``name`` is called when the reader's language is known."""

    def register(run: Check) -> Check:
        _checks[code] = _Registered(position, code, name, run, needs_database)
        return run

    return register


def is_stopped() -> bool:
    """Whether Tongxin is known not to be running just now, so that waiting jobs and missing workers are no wonder."""
    return _stopped.get()


def examine(*, stopped: bool = False) -> list[Finding]:
    """Run every check, the database's and the schema's first. Without these, checks that need them are left out.

    A check that breaks is a finding, not a crash; its error's words are not shown, for they may hold data.
    """
    token = _stopped.set(stopped)
    try:
        findings: list[Finding] = []
        has_database = True
        for registered in sorted(_checks.values(), key=lambda entry: (entry.position, entry.code)):
            if registered.needs_database and not has_database:
                continue
            found = list(_run(registered))
            findings += found
            if registered.code in {"database", "schema"} and any(f.state is State.WRONG for f in found):
                has_database = False
        return findings
    finally:
        _stopped.reset(token)


def _run(registered: _Registered) -> Iterator[Finding]:
    try:
        said = registered.run()
        lines = [said] if isinstance(said, Said) else list(said)
    except Exception as broken:
        log.warning("check_broke", check=registered.code, exc_info=True)
        lines = [
            wrong(
                _("检查没有做成（%(error)s）。") % {"error": type(broken).__name__},
                _("看日志里的 check_broke，或再试一次。"),
            )
        ]
    for line in lines:
        yield Finding(registered.code, registered.name(), line.state, line.meaning, line.todo)
