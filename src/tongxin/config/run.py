"""``tongxin run``, ``tongxin web`` and ``tongxin worker``: what each starts, and in which order."""

import gc
import os
import socket
import sys
import threading
import time
from collections.abc import Callable

from tongxin.config.console import fail, say
from tongxin.config.server import Application, PortTaken, bind, raise_descriptor_limit, serve
from tongxin.config.supervisor import Role, Supervisor, run_apart
from tongxin.core import embedded


def default_workers() -> int:
    """Web processes to start: one for each processor, four at most."""
    return min(4, os.cpu_count() or 1)


def run(host: str, port: int, workers: int) -> int:
    """Database (unless ``DATABASE_URL`` names one), preparation, web processes and background worker."""
    return _supervise(host, port, workers, whole=True)


def run_web(host: str, port: int, workers: int) -> int:
    """Web processes only, for an installation whose database and worker are run by somebody else."""
    return _supervise(host, port, workers, whole=False)


def run_worker(processes: int) -> int:
    """Background workers only. A worker that dies is replaced; its jobs go back to the queue within two minutes."""
    from tongxin.config.worker import work

    _set_up()
    Supervisor([Role("worker", work, processes)]).run()
    print(say("已停止。", "Stopped."), flush=True)
    return 0


def _supervise(host: str, port: int, workers: int, whole: bool) -> int:
    started = time.monotonic()
    raise_descriptor_limit()
    listener = _listen(host, port)
    if listener is None:
        return 1
    _allow_own_address(host)
    database = _Database() if whole and embedded.is_embedded() else None
    from tongxin.core.metrics import use_folder

    use_folder(embedded.home() / "metrics" / str(port))  # before anything counts
    try:
        application = _load_application(prepare=whole)
        gc.collect()
        gc.freeze()  # what was loaded so far stays shared between the processes
        roles = [Role("web", lambda: serve(application, listener), workers)]
        if whole:
            from tongxin.config.worker import work

            roles.append(Role("worker", _without(listener, work)))
        Supervisor(
            roles,
            watch=database.watch if database else lambda: None,
            ready=lambda: _greet(host, port, time.monotonic() - started),
            before_stop=lambda: _closing(listener),
        ).run()
    except embedded.DatabaseUnavailable as problem:
        return fail(str(problem))
    except _NotPrepared:
        return fail(say("未能启动，原因见上。", "Not started: see the error above."))
    except KeyboardInterrupt:
        return 130
    finally:
        if database:
            database.stop()
    print(say("已停止。", "Stopped."), flush=True)
    return 0


class _NotPrepared(RuntimeError):
    """Migrating, collecting or loading failed; its output says why."""


class _Database:
    """The embedded server, started while the application is being imported and kept alive afterwards."""

    def __init__(self) -> None:
        self._problem: embedded.DatabaseUnavailable | None = None
        self._thread = threading.Thread(target=self._start)
        self._thread.start()
        _Database.current = self

    current: "_Database | None" = None

    def _start(self) -> None:
        try:
            embedded.start()
        except embedded.DatabaseUnavailable as problem:
            self._problem = problem

    def wait(self) -> None:
        """Until it runs; raises what prevented it. No thread is left, so that forking is safe."""
        self._thread.join()
        if self._problem:
            raise self._problem

    def stop(self) -> None:
        """Stop it, unless another process uses it."""
        self._thread.join()
        try:
            embedded.stop()
        except embedded.DatabaseUnavailable as problem:
            print(problem, file=sys.stderr, flush=True)

    def watch(self) -> None:
        """Start it again if it died."""
        if not embedded.is_running():
            try:
                if embedded.start():
                    print(
                        say("数据库已重新启动。", "The database was started again."),
                        file=sys.stderr,
                        flush=True,
                    )
            except embedded.DatabaseUnavailable as problem:
                print(problem, file=sys.stderr, flush=True)


def _set_up() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongxin.config.settings")
    # structlog imports rich if it finds it, for coloured tracebacks that no log here has: a tenth of a second.
    sys.modules.setdefault("rich", None)  # type: ignore[arg-type]
    import django

    django.setup()


def _load_application(prepare: bool = False) -> Application:
    """Import everything once, in the parent; check and prepare the database between."""
    gc.disable()  # nothing of what is imported is garbage
    _set_up()
    if _Database.current:
        _Database.current.wait()
    if prepare:
        from django.conf import settings

        from tongxin.config.preparation import prepare as do_prepare
        from tongxin.config.preparation import steps

        if steps(settings.DEMO) and not run_apart("preparation", lambda: do_prepare(settings.DEMO)):
            raise _NotPrepared
    from tongxin.config.wsgi import application

    _warm_up()
    gc.enable()
    return application


def _warm_up() -> None:
    """Load what the first request would load, so that the processes share it."""
    from django.conf import settings
    from django.template import engines
    from django.urls import get_resolver
    from django.utils import translation

    engines.all()
    get_resolver().url_patterns  # noqa: B018  (importing the views is the point)
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            translation.gettext("")


def _without(listener: socket.socket, run: Callable[[], None]) -> Callable[[], None]:
    """The same, not holding the web's port."""

    def role() -> None:
        listener.close()
        run()

    return role


def _listen(host: str, port: int) -> socket.socket | None:
    try:
        return bind(host, port)
    except PortTaken:
        fail(
            say(
                f"端口 {port} 已被占用。请先停止占用它的程序，或换一个端口：make run PORT={port + 1}",
                f"Port {port} is in use. Stop what holds it, or choose another: make run PORT={port + 1}",
            )
        )
    except OSError as problem:
        fail(say(f"无法监听 {host}:{port}：{problem}", f"Can't listen at {host}:{port}: {problem}"))
    return None


def _allow_own_address(host: str) -> None:
    """In the demo, answer under whatever address a phone in the same network used."""
    demo = os.environ.get("TONGXIN_DEMO", "").lower() in {"1", "true", "yes", "on"}
    if demo and host not in {"127.0.0.1", "localhost", "::1"}:
        os.environ.setdefault("ALLOWED_HOSTS", "*")


def _greet(host: str, port: int, seconds: float) -> None:
    from django.conf import settings

    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104  (compared, not bound)
    address = f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"
    lines = [
        "",
        say(f"同心已就绪（{seconds:.1f} 秒）：{address}/", f"Tongxin is ready ({seconds:.1f} s): {address}/"),
    ]
    if settings.DEMO:
        lines += [
            say(
                f"  体验各角色：{address}/demo/ （一键进入，联络员、召集人、办公室等）",
                f"  Try any role: {address}/demo/ (one click: liaison, convener, office, unit …)",
            ),
            say(
                f"  居民提事（无需账号）：{address}/raise/   查进度：{address}/track/",
                f"  Raise a matter (no account): {address}/raise/   follow it: {address}/track/",
            ),
            say(
                f"  公开事项：{address}/matters/   公示板：{address}/board/",
                f"  Public matters: {address}/matters/   board: {address}/board/",
            ),
        ]
    lines += [say("  按 Ctrl-C 停止。", "  Ctrl-C stops it."), ""]
    print("\n".join(lines), flush=True)


def _closing(listener: socket.socket) -> None:
    print(say("\n正在停止：先办完手上的请求…", "\nStopping: finishing the requests in hand …"), flush=True)
    listener.close()
