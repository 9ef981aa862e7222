"""Many people at once: threads that start together, each with its own connection."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection


def at_once(count: int, job: Callable[[int], Any]) -> list[Any]:
    """Run ``job`` with 0, 1, 2 … in so many threads; what each gave, or the exception it raised, in that order."""
    gate = threading.Barrier(count)

    def one(index: int) -> Any:
        try:
            gate.wait(30)
            return job(index)
        except Exception as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))
