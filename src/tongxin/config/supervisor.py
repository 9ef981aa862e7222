"""One parent that keeps a few children alive: restarts the dead, stops all together, leaves no orphans.

The parent imports the application once and forks, so that the children share its memory. A child holds the
reading end of a pipe whose other end only the parent has; when the parent dies, however it dies, the pipe
ends and the child stops.
"""

import os
import select
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType

FIRST_PAUSE = 0.1  # seconds before a dead child is replaced; doubled each time it dies young
LONGEST_PAUSE = 5.0
GROWN_UP = 20.0  # seconds after which a death is not counted as dying young
TICK = 0.5
GRACE = 12.0  # longer than a web process takes for the requests in hand


@dataclass
class Role:
    """A kind of child: what it runs (until SIGTERM), and how many of it there are."""

    name: str
    run: Callable[[], None]
    count: int = 1


@dataclass
class _Place:
    """One child's place: who holds it, since when, and when it may be filled again."""

    role: Role
    pid: int = 0
    since: float = 0.0
    pause: float = FIRST_PAUSE
    not_before: float = 0.0


@dataclass
class Supervisor:
    """Runs children of the given roles until SIGINT, SIGTERM or SIGHUP.

    ``watch`` is called about every half second, ``ready`` once all children were started, ``before_stop``
    before they are told to stop, ``report`` with a line for people when something was restarted.
    """

    roles: list[Role]
    watch: Callable[[], None] = lambda: None
    ready: Callable[[], None] = lambda: None
    before_stop: Callable[[], None] = lambda: None
    report: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True)
    _places: list[_Place] = field(default_factory=list)
    _stops: int = 0

    def run(self) -> None:
        """Start the children and stay until told to stop; a second signal stops without waiting."""
        self._lifeline = os.pipe()
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        os.set_blocking(wake_read, False)
        signal.set_wakeup_fd(wake_write)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)  # only to wake the loop
        self._places = [_Place(role) for role in self.roles for _ in range(role.count)]
        self._fill()
        self.ready()
        while not self._stops:
            with suppress(InterruptedError):
                select.select([wake_read], [], [], TICK)
            with suppress(BlockingIOError):
                os.read(wake_read, 4096)
            self._reap()
            if not self._stops:
                self.watch()
                self._fill()
        self._stop()

    def _asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stops += 1

    def _fill(self) -> None:
        now = time.monotonic()
        for place in self._places:
            if not place.pid and now >= place.not_before and not self._stops:
                place.pid = self._fork(place.role)
                place.since = now

    def _fork(self, role: Role) -> int:
        sys.stdout.flush()
        sys.stderr.flush()
        # A signal between the fork and the child's own handlers would otherwise run the parent's.
        kept = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
        try:
            pid = os.fork()
            if pid == 0:
                _be_child(role, self._lifeline, kept)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, kept)
        return pid

    def _reap(self) -> None:
        """Note who died. Only our own children: a call for any child would steal those of ``subprocess``."""
        for place in self._places:
            if not place.pid:
                continue
            pid, status = os.waitpid(place.pid, os.WNOHANG)
            if pid == 0:
                continue
            now = time.monotonic()
            place.pause = FIRST_PAUSE if now - place.since > GROWN_UP else place.pause
            place.not_before = now + place.pause
            place.pause = min(place.pause * 2, LONGEST_PAUSE)
            place.pid = 0
            if not self._stops:
                self.report(f"{place.role.name} {pid} ended ({_cause(status)}); starting another.")

    def _stop(self) -> None:
        self.before_stop()
        self._signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        while any(place.pid for place in self._places):
            if self._stops > 1 or time.monotonic() > deadline:
                self._signal(signal.SIGKILL)
            time.sleep(0.02)
            self._reap()
        for end in self._lifeline:
            os.close(end)

    def _signal(self, number: int) -> None:
        for place in self._places:
            if place.pid:
                with suppress(ProcessLookupError):
                    os.kill(place.pid, number)


def run_apart(name: str, run: Callable[[], None]) -> bool:
    """Run something in a child of its own and wait for it; whether it ended well.

    For work that opens threads or connections which later children must not inherit.
    """
    lifeline = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        _be_child(Role(name, run), lifeline, set())
    try:
        _pid, status = os.waitpid(pid, 0)
    except KeyboardInterrupt:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)
        raise
    finally:
        for end in lifeline:
            os.close(end)
    return status == 0


def _be_child(role: Role, lifeline: tuple[int, int], mask: "set[signal.Signals] | set[int]") -> None:
    """What a child does from the fork to its end; never returns."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the parent decides
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        read, write = lifeline
        os.close(write)
        threading.Thread(target=_follow_parent, args=(read,), name="lifeline", daemon=True).start()
        role.run()
        code = 0
    except SystemExit as asked:
        code = asked.code if isinstance(asked.code, int) else int(asked.code is not None)
    except BaseException:  # the child ends here whatever it was
        traceback.print_exc()
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _follow_parent(read: int) -> None:
    """Stop when the parent is gone: politely first."""
    while os.read(read, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(1)


def _cause(status: int) -> str:
    if os.WIFSIGNALED(status):
        return signal.Signals(os.WTERMSIG(status)).name
    return f"exit code {os.waitstatus_to_exitcode(status)}"
