"""Figures for Prometheus: requests counted in every web process, and gauges read from the database when asked.

Web processes are forked, so each keeps its counters in a file of a shared folder, and whichever process is asked adds
them up. Labels are names of views, classes of status and codes of our own tables: bounded, and nothing personal.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = "PROMETHEUS_MULTIPROC_DIR"

Rows = Iterable[tuple[tuple[str, ...], float]]


@dataclass(frozen=True, slots=True)
class Gauge:
    """A figure read when asked: its labels, and a function that returns a value for each set of them."""

    name: str
    help: str
    labels: tuple[str, ...]
    read: Callable[[], Rows]


_gauges: dict[str, Gauge] = {}


def gauge(name: str, help_text: str, *labels: str) -> Callable[[Callable[[], Rows]], Callable[[], Rows]]:
    """Register a gauge. What it reads must be cheap: it runs at every scrape."""

    def register(read: Callable[[], Rows]) -> Callable[[], Rows]:
        _gauges[name] = Gauge(name, help_text, labels, read)
        return read

    return register


def use_folder(folder: Path) -> None:
    """Keep this program's counters in ``folder``, emptied first. Call before anything counts, and before forking."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.environ[FOLDER] = str(folder)


class Requests:
    """The counters of requests. Made once a process tree, after :func:`use_folder`."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Histogram

        self.registry = CollectorRegistry()
        labels = ("view", "status")
        self._count = Counter("tongxin_requests", "Requests answered.", labels, registry=self.registry)
        self._seconds = Counter(
            "tongxin_request_seconds", "Seconds spent answering.", labels, registry=self.registry
        )
        self._spread = Histogram(
            "tongxin_request_duration_seconds",
            "How long requests took.",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
            registry=self.registry,
        )
        self._children: dict[tuple[str, int], tuple[Any, Any]] = {}

    def note(self, view: str, status: int, seconds: float) -> None:
        """Count one request."""
        key = (view, status // 100)
        pair = self._children.get(key)
        if pair is None:
            labels = (view, f"{status // 100}xx")
            pair = self._children[key] = (self._count.labels(*labels), self._seconds.labels(*labels))
        pair[0].inc()
        pair[1].inc(seconds)
        self._spread.observe(seconds)


_requests: Requests | None = None


def requests() -> Requests:
    """This process's counters."""
    global _requests  # noqa: PLW0603  (one a process, made when first needed)
    if _requests is None:
        _requests = Requests()
    return _requests


class _Database:
    """Reads the registered gauges. A part that can't be read is left out; that the database answers is a gauge too."""

    def collect(self) -> Iterator[Any]:
        from django.db import DatabaseError
        from prometheus_client.core import GaugeMetricFamily

        answers = True
        for wanted in _gauges.values():
            family = GaugeMetricFamily(wanted.name, wanted.help, labels=wanted.labels)
            try:
                for labels, value in wanted.read() if answers else ():
                    family.add_metric(labels, value)
            except DatabaseError:
                answers = False
                continue
            yield family
        yield GaugeMetricFamily("tongxin_database_up", "Whether the database answered.", value=int(answers))


def exposition() -> tuple[bytes, str]:
    """Everything in Prometheus's text format, and its content type."""
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

    parts = CollectorRegistry()
    if os.environ.get(FOLDER):
        from prometheus_client.multiprocess import MultiProcessCollector

        MultiProcessCollector(parts)  # type: ignore[no-untyped-call]
    else:
        parts.register(requests().registry)
    parts.register(_Database())
    return generate_latest(parts), CONTENT_TYPE_LATEST


def counted(rows: Iterable[Mapping[str, Any]], *labels: str) -> Rows:
    """Rows of a grouped query as a gauge's values: the columns named by ``labels``, and ``count``."""
    return [(tuple(str(row[label]) for label in labels), float(row["count"])) for row in rows]
