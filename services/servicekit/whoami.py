"""Ask the service that holds the keys who a caller is, and remember the answer for a minute.

A service without keys of its own passes its caller's key on to `GET /v1/whoami`. An answer is kept in memory by the
key's SHA-256, for `keep_s` seconds and never past the key's `expires_at`: so a revoked key is refused here within that
time. If the other service is down, or silent for `timeout_s`, kept answers serve on for their time; after that the
answer is 503, for nobody is let in unchecked. Only the roles in `lasting_roles` (those that see nothing but figures)
keep their last answer, so that the outage itself can be watched.
"""

from __future__ import annotations

import http
import threading
import time
from typing import TYPE_CHECKING, Final, NamedTuple

import httpx
import msgspec

from servicekit import logs, problems
from servicekit.clock import SystemClock
from servicekit.credentials import Caller, KeyMalformed, parse_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from servicekit.clock import Clock

RETRY_AFTER_S: Final = 5
_KEPT_MAX = 10_000


class _Kept(NamedTuple):
    caller: Caller
    asked_at: float


class WhoamiClient:
    """Authenticate by asking; to be handed to `identity.install`. One for each process: made after the fork."""

    def __init__(
        self,
        url: str,
        timeout_s: float = 2.0,
        keep_s: float = 60.0,
        *,
        lasting_roles: tuple[str, ...] = ("monitor",),
        clock: Clock | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url.rstrip("/") + "/v1/whoami"
        self._keep_s = keep_s
        self._lasting_roles = lasting_roles
        self._clock = clock or SystemClock()
        self._monotonic = monotonic
        # The proxy settings of the environment are for the outside world, not for a neighbour.
        self._http = httpx.Client(timeout=timeout_s, trust_env=False)
        self._lock = threading.Lock()
        self._kept: dict[bytes, _Kept] = {}

    def __call__(self, text: str) -> Caller:
        """Return who holds the key.

        Raises: `Problem` 401 if the key is not good, 503 if that cannot be found out now.
        """
        try:
            _, digest = parse_key(text)
        except KeyMalformed:
            raise problems.unauthenticated() from None
        kept = self._still_good(digest)
        if kept is not None and self._monotonic() - kept.asked_at < self._keep_s:
            return kept.caller
        try:
            caller = self._ask(text)
        except (httpx.HTTPError, msgspec.MsgspecError) as error:
            logs.get_logger().warning("whoami not answered", error=error)
            if kept is not None and kept.caller.role in self._lasting_roles:
                return kept.caller
            raise problems.unavailable("It cannot be checked now who is calling.", RETRY_AFTER_S) from None
        self._keep(digest, caller)
        if caller is None or caller.expires_at <= self._clock.now():
            raise problems.unauthenticated()
        return caller

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _ask(self, text: str) -> Caller | None:
        """Return the caller, or None if the key is refused."""
        answer = self._http.get(self._url, headers={"Authorization": f"Bearer {text}", "Accept": "application/json"})
        if answer.status_code == http.HTTPStatus.UNAUTHORIZED:
            return None
        answer.raise_for_status()
        return msgspec.json.decode(answer.content, type=Caller)

    def _still_good(self, digest: bytes) -> _Kept | None:
        with self._lock:
            kept = self._kept.get(digest)
            if kept is not None and kept.caller.expires_at <= self._clock.now():
                del self._kept[digest]
                return None
            return kept

    def _keep(self, digest: bytes, caller: Caller | None) -> None:
        """Replace what is known of a key; the oldest goes when there are too many."""
        with self._lock:
            self._kept.pop(digest, None)
            if caller is not None:
                self._kept[digest] = _Kept(caller, self._monotonic())
            while len(self._kept) > _KEPT_MAX:
                del self._kept[next(iter(self._kept))]
