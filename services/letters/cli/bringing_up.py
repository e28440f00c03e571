"""`letters up`: the steps before the service runs, and the processes that it is made of."""

from __future__ import annotations

import shlex
from contextlib import ExitStack

from letters import bootstrap
from letters.cli.opened import opened_database
from servicekit import probe, settings
from servicekit.commandline import Output
from servicekit.databases import Database
from servicekit.service_settings import LOCAL_DIR
from servicekit.serving import check_free, part, serving_words
from servicekit.settings import Values
from servicekit.up import Step, up


def bring_up(output: Output, *, bind: str | None, workers: int | None, threads: int | None, is_migrating: bool) -> None:
    """Run until a signal says to stop."""
    values = bootstrap.read_settings()
    bind = bind or values.need(bootstrap.BIND)
    start, url = _Start(output, values, bind), probe.url_of(bind)
    level = ("--log-level", output.log_level)
    up(
        "letters",
        values.need(LOCAL_DIR),
        steps=[
            Step("address", start.address),
            Step("database", start.database),
            *([Step("migrations", start.migrate)] if is_migrating else []),
            Step("checks", start.check),
            Step("key for casework", start.await_key),
        ],
        children=lambda: [
            part("letters", "serve", *serving_words(bind, workers, threads), *level),
            part("letters", "follow", *level),
            *([part("letters", "dispatch", *level)] if values.need(bootstrap.DISPATCH) != "off" else []),
        ],
        lacking=lambda: probe.lacking(url),
        ready=lambda: output.begin({"url": url}, text=f"letters is up: {url}\nStop it with Ctrl-C."),
    )


class _Start:
    """What the steps hand on to one another."""

    def __init__(self, output: Output, values: Values, bind: str) -> None:
        self._output = output
        self._values = values
        self._bind = bind
        self._at: Database | None = None
        self._has_said_to_wait = False

    @property
    def at(self) -> Database:
        """Return where the database is."""
        if self._at is None:
            message = "expected the step that opens the database to be the first"
            raise RuntimeError(message)
        return self._at

    def address(self, _: ExitStack) -> None:
        """Make sure that nobody else answers where we are to answer."""
        check_free(self._bind)

    def database(self, held: ExitStack) -> None:
        """Hold the embedded server, or name the one that the settings do."""
        self._at = held.enter_context(opened_database(self._values))
        for notice in bootstrap.notices(self._at):
            self._output.note(notice)

    def migrate(self, _: ExitStack) -> None:
        """Migrate, where we may: on a server of our own, or as the owner."""
        if self.at.owner is not None:
            bootstrap.prepare(self._values, self.at)

    def check(self, _: ExitStack) -> None:
        """Check everything, so that all faults are told at once and not by each part."""
        bootstrap.check(self._values, self.at)

    def await_key(self, _: ExitStack) -> str | None:
        """Wait for the file with letters' own key."""
        file = self._values.need(bootstrap.TOKEN_FILE)
        try:
            settings.read_secret(file)
        except FileNotFoundError:
            if not self._has_said_to_wait:
                made = f"casework token create --subject letters --role letters --to {shlex.quote(str(file))}"
                self._output.note(f"waiting for letters' own key, {file}\n`casework up` makes it; or: {made}")
            self._has_said_to_wait = True
            return f"no {file}"
        return None
