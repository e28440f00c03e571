"""A wire to the database server on which an answer gets lost: what was asked is carried out all the same."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from queue import SimpleQueue

from psycopg.conninfo import conninfo_to_dict, make_conninfo

WAIT_S = 10
BIND_COMPLETE = b"2"
"""What the answer to a prepared statement begins with, once it ran (PostgreSQL, Frontend/Backend Protocol 55.7)."""


class Wire:
    """Carries connections to a server; `dsn` leads over it."""

    def __init__(self, dsn: str, ends: ExitStack) -> None:
        server = conninfo_to_dict(dsn)
        self._server = f"{server['host']}/.s.PGSQL.{server['port']}"
        self._lines: list[socket.socket] = []
        self._is_losing = threading.Event()
        self._lost: SimpleQueue[tuple[socket.socket, socket.socket]] = SimpleQueue()
        self._ends = ends
        self._door = ends.enter_context(socket.create_server(("127.0.0.1", 0)))
        host, port = self._door.getsockname()
        self.dsn = make_conninfo(dsn, host=host, port=port)
        self._start(self._let_in)

    def lose_answer(self) -> None:
        """Do not let the next answer to a prepared statement through; that one was prepared is answered."""
        self._is_losing.set()

    def cut(self) -> None:
        """End the connection on which the answer was lost; the others go on."""
        for end in self._lost.get(timeout=WAIT_S):
            _end(end)

    def close(self) -> None:
        """Let nobody in any more, and end all connections."""
        for line in (self._door, *self._lines):
            _end(line)

    def _let_in(self) -> None:
        with suppress(OSError):
            while True:
                client = self._ends.enter_context(self._door.accept()[0])
                server = self._ends.enter_context(socket.socket(socket.AF_UNIX))
                server.connect(self._server)
                self._lines += client, server
                self._start(self._carry, client, server)
                self._start(self._carry, server, client)

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        is_answer = source.family == socket.AF_UNIX
        with suppress(OSError):
            while octets := source.recv(1 << 16):
                if is_answer and self._is_losing.is_set() and octets.startswith(BIND_COMPLETE):
                    self._is_losing.clear()
                    self._lost.put((source, target))
                else:
                    target.sendall(octets)
        _end(target)

    def _start(self, work: object, *what: socket.socket) -> None:
        thread = threading.Thread(target=work, args=what)  # type: ignore[arg-type]  # one of those above
        self._ends.callback(thread.join)
        thread.start()


def _end(line: socket.socket) -> None:
    with suppress(OSError):  # The other side was first.
        line.shutdown(socket.SHUT_RDWR)


@contextmanager
def wire_to(dsn: str) -> Iterator[Wire]:
    """Give a wire to the server of this address, which is on this machine."""
    with ExitStack() as ends:
        wire = Wire(dsn, ends)
        try:
            yield wire
        finally:
            wire.close()
