"""Logs that can be kept for years because nothing personal can get into them.

One JSON object a line on stderr. What may be written is an **allow**list: any other key becomes `[redacted]`. An
exception is logged as its type, its SQLSTATE if it has one, and its frames (file, line, function): never its message
(database messages quote values), never locals. Of other libraries' messages only the constant template is kept, and
where a message was put together beforehand only the place it came from.
"""

from __future__ import annotations

import logging
import sys
import traceback
from typing import TYPE_CHECKING, Any, Final

import structlog

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

# fmt: off
ALLOWED: Final = frozenset({
    "event", "level", "timestamp", "service", "request_id", "route", "method", "status", "duration_ms", "school",
    "position", "version", "key_id", "role", "error", "sqlstate", "frames",
})
# fmt: on
REDACTED: Final = "[redacted]"
LEVELS: Final = ("debug", "info", "warning", "error", "critical")

_PLAIN: Final = frozenset({str, int, float, bool, type(None)})
_FRAMES_MAX = 40
_FOREIGN_FROM = logging.WARNING


def configure(service: str, level: str = "info") -> None:
    """Send every log of this process, our own and the libraries', to stderr as one JSON object a line."""
    threshold = getattr(logging, level.upper())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _named(service),
            _describe_exception,
            allow_only_known,
            # Nothing is left that JSON does not know, and without a way out for it the encoder is made once.
            structlog.processors.JSONRenderer(default=None),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        # Found anew each time, so that a test or a daemon may replace stderr.
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_Foreign()], level=max(threshold, _FOREIGN_FROM), force=True)
    logging.captureWarnings(capture=True)


def get_logger() -> structlog.typing.FilteringBoundLogger:
    """Return the log. Events are constant sentences; whatever varies is a value under an allowed key."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger


def frames(error: BaseException) -> list[dict[str, str | int]]:
    """Say where an exception came from, innermost last, without any value."""
    found = traceback.extract_tb(error.__traceback__)[-_FRAMES_MAX:]
    return [_frame(each.filename, each.lineno or 0, each.name) for each in found]


def allow_only_known(_logger: object, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Replace the value of every key that is not on the list (a structlog processor)."""
    return {
        key: (value if type(value) in _PLAIN else _harmless(key, value)) if key in ALLOWED else REDACTED
        for key, value in event.items()
    }


def _harmless(key: str, value: object) -> object:
    """Let plain values pass; of any other object give the type, for nobody knows what its `repr` would say."""
    if value is None or isinstance(value, str | int | float) or key == "frames":
        return value
    return (value if isinstance(value, type) else type(value)).__qualname__


def _named(service: str) -> structlog.typing.Processor:
    def add(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["service"] = service
        return event

    return add


def _describe_exception(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Turn `exc_info` (or an exception given as `error`) into its type, SQLSTATE and frames."""
    given = event.pop("exc_info", None)
    event.pop("stack_info", None)
    error = _exception(given) or _exception(event.get("error"))
    if error is not None:
        event["error"] = type(error).__qualname__
        event["frames"] = frames(error)
        if sqlstate := getattr(error, "sqlstate", None):
            event["sqlstate"] = sqlstate
    return event


def _exception(given: object) -> BaseException | None:
    if given is True:
        given = sys.exc_info()[1]
    elif isinstance(given, tuple):
        given = given[1]
    return given if isinstance(given, BaseException) else None


class _Foreign(logging.Handler):
    """Takes what libraries log, and keeps of a message what is surely constant: the template, if it came apart.

    What servicekit itself says in this way is kept whole: it speaks of its own folders and processes, of no data.
    """

    def emit(self, record: logging.LogRecord) -> None:
        line: dict[str, Any] = {"exc_info": record.exc_info} if record.exc_info else {}
        event = f"{record.name}: {record.msg}"
        if record.name.startswith("servicekit."):
            event = record.getMessage()
        elif not record.args:
            event = f"{record.name}: (message withheld)"
            line["frames"] = [_frame(record.pathname, record.lineno, record.funcName)]
        get_logger().log(record.levelno, event, **line)


def _frame(filename: str, line: int, function: str) -> dict[str, str | int]:
    return {"file": "/".join(filename.rsplit("/", 3)[-3:]), "line": line, "function": function}
