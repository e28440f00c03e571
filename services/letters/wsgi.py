"""The application for a WSGI server: ``letters.wsgi:app`` (``gunicorn letters.wsgi:app``), or :func:`load` in a worker.

Nothing is opened when this module is imported by a tool: ``app`` is made when it is first asked for.
"""

from typing import Any

from flask import Flask

from letters import bootstrap

_opened: list[bootstrap.Web] = []


def load() -> Flask:
    """Return the application of this process, with everything opened."""
    _opened.append(bootstrap.web())
    return _opened[-1].app


def close() -> None:
    """Close what was opened in this process."""
    while _opened:
        _opened.pop().close()


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module's attribute
    if name == "app":
        return load()
    raise AttributeError(name)
