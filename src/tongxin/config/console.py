"""Words for the terminal. They come before Django is loaded, so they can't go through its catalogues."""

import os
import sys


def say(chinese: str, english: str) -> str:
    """The text in the terminal's language: Chinese in a Chinese locale, else English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return chinese if value.startswith("zh") else english
    return english


def fail(line: str) -> int:
    """Print an error; returns the exit code for it."""
    print(line, file=sys.stderr, flush=True)
    return 1
