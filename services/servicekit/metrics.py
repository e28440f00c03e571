"""Figures for Prometheus, added up over all worker processes.

Two trapdoors are closed here. `prometheus_client` decides at its *first import* whether it counts in files shared by
the workers or in memory; in memory, each worker would show itself alone, one after the other. `server` names the
folder before anything is imported, and `Metrics` refuses to be made if it came too late. And labels come from closed
sets: route templates and known methods, so that neither an id nor somebody's invention becomes a label.
"""

from __future__ import annotations

import os
import time
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from servicekit import current
from servicekit.requestlog import method_of, template_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Flask, Response

MULTIPROCESS_DIR: Final = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0)


class Figure(NamedTuple):
    """A figure asked for when it is read: the same whichever worker is asked, so it comes from the database."""

    meaning: str
    ask: Callable[[], float]


class Metrics:
    """What one application counts. Services make their own counters with `registry=metrics.registry`."""

    def __init__(self, figures: Mapping[str, Figure] | None = None) -> None:
        import prometheus_client  # noqa: PLC0415 - only now is the folder named; see above
        from prometheus_client import values  # noqa: PLC0415 - the same

        self._is_shared = MULTIPROCESS_DIR in os.environ
        if self._is_shared and not values.ValueClass._multiprocess:  # noqa: SLF001 - it has no public name
            raise RuntimeError(f"expected {MULTIPROCESS_DIR} before the first import of prometheus_client, found later")
        self.registry = prometheus_client.CollectorRegistry()
        self._figures = dict(figures or {})
        requests = prometheus_client.Counter(
            "http_requests", "Requests answered", ("route", "method", "status"), registry=self.registry
        )
        seconds = prometheus_client.Histogram(
            "http_request_seconds", "Time to answer", ("route", "method"), registry=self.registry, buckets=_BUCKETS_S
        )
        # The library looks for a label's figure under a lock. As labels come from closed sets, each is kept.
        self._answered = cache(requests.labels)
        self._took = cache(seconds.labels)

    def install(self, app: Flask) -> None:
        """Count each request of the application."""
        app.before_request(self._begin)
        app.after_request(self._count)

    def text(self) -> bytes:
        """Return all figures in the text format (Prometheus exposition format 0.0.4)."""
        from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415 - as above
        from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415 - as above

        counted = self.registry
        if self._is_shared:
            counted = CollectorRegistry()
            MultiProcessCollector(counted)  # type: ignore[no-untyped-call]  # the library's types stop short of it
        lines = [generate_latest(counted)]
        for name, figure in self._figures.items():
            # A figure of its own kind: a gauge of the library would be kept in a worker's file for ever.
            lines.append(f"# HELP {name} {figure.meaning}\n# TYPE {name} gauge\n{name} {figure.ask()}\n".encode())
        return b"".join(lines)

    def _begin(self) -> None:
        current.kept().counted_from = time.perf_counter()

    def _count(self, response: Response) -> Response:
        request = current.request()
        route, method = template_of(request), method_of(request)
        self._answered(route, method, str(response.status_code)).inc()
        if (began := current.kept().get("counted_from")) is not None:
            self._took(route, method).observe(time.perf_counter() - began)
        return response


def forget_worker(pid: int) -> None:
    """Drop what a worker that has ended said of the present; what it counted stays counted."""
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415 - as above

    mark_process_dead(pid)  # type: ignore[no-untyped-call]  # as above
