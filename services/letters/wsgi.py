"""The application for a WSGI server: ``letters.wsgi:app`` (``gunicorn letters.wsgi:app``), or ``load`` in a worker.

Nothing is opened when this module is imported by a tool: ``app`` is made when it is first asked for.
"""

from typing import Any, Final

from letters import bootstrap
from servicekit.server import Loader, hearing_out

_LOADER: Final = Loader(bootstrap.web)
load = _LOADER.load
close = _LOADER.close


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module's attribute
    if name == "app":
        return hearing_out(load())
    raise AttributeError(name)
