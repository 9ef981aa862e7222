"""Logs: one JSON object a line, with the request's or the job's id, and nothing personal in it.

Our own loggers say what they say in named fields. What a library says is another matter: it may put an address, a
name typed into a form or the path of a secret link into its sentence. So of libraries only the sentence's pattern is
kept, without the values, and of exceptions their type and where they happened, without their words.
"""

import json
import logging
import re
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import structlog

request_id: ContextVar[str] = ContextVar("tongxin_request_id", default="")
job: ContextVar[tuple[int, str] | None] = ContextVar("tongxin_job", default=None)
"""Number and task of the job at work."""

_OURS = ("tongxin", "py.warnings")
_SUSPECT = re.compile(r"https?://\S+|\S+@\S+|/\S+|\d[\d\s-]{5,}\d|[A-Z2-9]{5}-[A-Z2-9]{5}")
_PACKAGE = "/tongxin/"
LAST_FRAMES = 2


class Formatter(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, logger, what, the fields, and the id of the request or job at work."""
        fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if isinstance(record.msg, dict):
            fields |= {key: value for key, value in record.msg.items() if key not in {"level", "exc_info"}}
        elif record.name.startswith(_OURS):
            fields["event"] = record.getMessage()
        else:
            fields["event"] = _SUSPECT.sub("…", str(record.msg))
            asked = getattr(record, "request", None)
            if asked is not None and hasattr(
                record, "status_code"
            ):  # Django's line for an answer that went wrong
                match = getattr(asked, "resolver_match", None)
                fields |= {"event": "answered_with_error", "status": record.status_code}
                fields["view"] = match.view_name if match else "none"
        if (current := request_id.get()) and "request" not in fields:
            fields["request"] = current
        if (working := job.get()) and "job" not in fields:
            fields["job"], fields["task"] = working
        error = record.exc_info or (isinstance(record.msg, dict) and record.msg.get("exc_info"))
        if error:
            fields["error"] = describe(_exception(error))
        return _encode(fields)


def _exception(error: Any) -> BaseException | None:
    if isinstance(error, BaseException):
        return error
    if isinstance(error, tuple):
        return error[1]
    import sys

    return sys.exc_info()[1]


def _name_only(value: object) -> str:
    return f"<{type(value).__name__}>"


_encode = json.JSONEncoder(ensure_ascii=False, default=_name_only).encode


def describe(error: BaseException | None) -> list[dict[str, Any]]:
    """The error and its causes: type, the database's code, and the innermost frames. Never its words."""
    chain: list[dict[str, Any]] = []
    while error is not None and len(chain) < 5:
        told: dict[str, Any] = {
            "type": f"{type(error).__module__}.{type(error).__qualname__}",
            "at": _frames(traceback.extract_tb(error.__traceback__)),
        }
        if code := getattr(error, "sqlstate", None):
            told["sqlstate"] = code
        chain.append(told)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return chain


def _frames(stack: traceback.StackSummary) -> list[str]:
    """Our own frames, and the innermost of the libraries'."""
    told = []
    for index, frame in enumerate(stack):
        if _PACKAGE in frame.filename or index >= len(stack) - LAST_FRAMES:
            name = "/".join(frame.filename.rsplit("/", 4)[-4:])
            told.append(f"{name}:{frame.lineno} {frame.name}")
    return told


class JobOutcomes(logging.Filter):
    """Of the worker's own talk, one line a job when it ends; of everything else only warnings."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep or drop; what is kept loses its arguments."""
        action = str(getattr(record, "action", ""))
        about = getattr(record, "job", None)
        if not action.startswith("job_") or not isinstance(about, dict):
            return record.levelno >= logging.WARNING
        begun, ended = getattr(record, "start_timestamp", None), getattr(record, "end_timestamp", None)
        record.msg = {
            "event": "job",
            "job": about.get("id"),
            "task": about.get("task_name"),
            "queue": about.get("queue"),
            "tries": int(about.get("attempts") or 0) + 1,
            "status": action.removeprefix("job_"),
            "ms": round((ended - begun) * 1000, 1) if begun and ended else None,
        }
        record.args = ()
        return True


def configuration(level: str, *, is_each_told: bool) -> dict[str, Any]:
    """Django's ``LOGGING``. ``is_each_told``: whether every request and every job leaves its line."""
    each = "INFO" if is_each_told else "WARNING"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"job_outcomes": {"()": JobOutcomes}},
        "formatters": {"json": {"()": Formatter}},
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "json"},
            "jobs": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["job_outcomes"]},
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django's own handlers would print beside ours. Its line for an answer of 4xx repeats the request's.
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.request": {"level": "ERROR"},
            "django.server": {"handlers": [], "level": "ERROR", "propagate": True},
            "tongxin.requests": {"level": each},
            "procrastinate": {"handlers": ["jobs"], "level": each, "propagate": False},
            "axes": {"level": "ERROR"},  # sign-ins are in the audit log, where they belong
        },
    }


def configure_structlog() -> None:
    """Let ``structlog.get_logger()`` speak through the handlers above."""
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, _as_record],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _as_record(
    _logger: object, _method: str, fields: "structlog.typing.EventDict"
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    error = fields.pop("exc_info", None)
    return (dict(fields),), ({"exc_info": error} if error else {})
