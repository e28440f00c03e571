"""Who may call which route. Deny by default.

Each view (or method of a view class) says who may call it, and nothing else does:

    @blueprint.route("/v1/things/<thing_id>")
    class Thing(MethodView):
        @allow("reader", "editor")
        def get(self, thing_id: str) -> ...: ...

`@public` needs no key, `@any_caller` any good key. A view that says nothing is refused to everyone, and `unclassified`
names it for a test. Before a view runs, the key is checked and `flask.g.caller` set; whether this caller may see this
very thing is for the use case to say.

Limits (per process; exact ones belong to the proxy): 10 failed credentials a minute for an address, 600 requests a
minute for a key. A key that was good before is let in from a limited address too: one misconfigured program behind a
building's router must not lock its people out.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import flask
from werkzeug.middleware.proxy_fix import ProxyFix

from servicekit import current, problems
from servicekit.credentials import Caller, KeyMalformed, NewKey, new_key, parse_key
from servicekit.ratelimit import RateLimit
from servicekit.whoami import WhoamiClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask, Request

__all__ = [
    "Access",
    "Caller",
    "KeyMalformed",
    "NewKey",
    "Route",
    "WhoamiClient",
    "allow",
    "any_caller",
    "behind_proxies",
    "caller",
    "install",
    "new_key",
    "parse_key",
    "public",
    "routes",
    "unclassified",
    "view_of",
]

FAILURES_PER_MINUTE: Final = 10
REQUESTS_PER_MINUTE: Final = 600

_MARK: Final = "__access__"
_GOOD_KEYS_MAX = 10_000
_CHALLENGES: Final = 'Basic realm="an API key as password", charset="UTF-8", Bearer'

View = TypeVar("View", bound="Callable[..., Any] | type")


class Access(NamedTuple):
    """Who may call a view: `roles` None means every role."""

    is_public: bool = False
    roles: frozenset[str] | None = None
    counts_failures: bool = True
    takes_password: bool = False


class Route(NamedTuple):
    """One method of one route, and who may call it (None: nobody has said)."""

    endpoint: str
    rule: str
    method: str
    access: Access | None


def allow(*roles: str, takes_password: bool = False) -> Callable[[View], View]:
    """Mark a view: these roles may call it.

    `takes_password` is for programs that know user and password only (RFC 7617), as calendars do: the password is the
    key, whatever the user is called.
    """
    if not roles:
        message = "allow() expected at least one role, found none"
        raise TypeError(message)
    return _mark(Access(roles=frozenset(roles), takes_password=takes_password))


def any_caller(*, counts_failures: bool = True) -> Callable[[View], View]:
    """Mark a view: whoever has a good key may call it.

    `counts_failures=False` exempts it from the limit on failed credentials: for the route by which other services,
    each from one address, ask about the keys of all their callers.
    """
    return _mark(Access(counts_failures=counts_failures))


def public(view: View) -> View:
    """Mark a view: no key is needed or looked at."""
    return _mark(Access(is_public=True))(view)


def install(
    app: Flask,
    authenticate: Callable[[str], Caller],
    *,
    requests_per_minute: int = REQUESTS_PER_MINUTE,
    failures_per_minute: int = FAILURES_PER_MINUTE,
) -> None:
    """Check every request before its view runs.

    `authenticate` gets the bearer text, which has the shape of a key, and returns the caller or raises a `Problem`:
    401 if the key is unknown, revoked or expired, 503 if that cannot be found out.
    """
    door = _Door(authenticate, RateLimit(failures_per_minute, 60), RateLimit(requests_per_minute, 60))
    app.before_request(door.check)


def caller() -> Caller:
    """Return who is calling the view that is running. Only in a view that is not public."""
    found: Caller = current.kept().caller
    return found


def routes(app: Flask) -> Iterator[Route]:
    """List every method of every route. HEAD is answered by GET and not listed apart."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD"}):
            yield Route(rule.endpoint, rule.rule, method, _access(app, rule.endpoint, method))


def unclassified(app: Flask) -> list[str]:
    """Name what nobody may call because nobody said who: `endpoint METHOD`."""
    return [f"{route.endpoint} {route.method}" for route in routes(app) if route.access is None]


def view_of(app: Flask, endpoint: str, method: str) -> Any:
    """Return what answers a method of a route, with all that its decorators noted at it; HEAD is answered by GET."""
    view = app.view_functions[endpoint]
    view_class = getattr(view, "view_class", None)
    if view_class is None:
        return view
    name = "get" if method == "HEAD" and not hasattr(view_class, "head") else method.lower()
    return getattr(view_class, name, None)


def behind_proxies(app: Flask, hops: int) -> None:
    """Believe the forwarded headers of so many proxies (0: of none) about address, scheme and host."""
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]  # as Flask tells to


class _Door:
    """The check before each request, with what it has counted."""

    def __init__(self, authenticate: Callable[[str], Caller], failures: RateLimit, requests: RateLimit) -> None:
        self._authenticate = authenticate
        self._failures = failures
        self._requests = requests
        # SHA-256 of keys that were good, most recent last: let past the limit of their address, then checked as ever.
        self._good: dict[bytes, None] = {}

    def check(self) -> None:
        """Let the request pass, or raise the problem that answers it."""
        request = current.request()
        endpoint = request.endpoint
        if endpoint is None:
            return  # No such route or method: the router's 404 or 405 is the answer.
        access = _access(flask.current_app, endpoint, request.method)
        if access is not None and access.is_public:
            return
        try:
            found = self._identify(request, access or Access())
        except problems.Problem as problem:
            if access is not None and access.takes_password and "WWW-Authenticate" in problem.headers:
                problem.headers["WWW-Authenticate"] = _CHALLENGES
            raise
        current.kept().caller = found
        if (wait_s := self._requests.take(found.key_id)) is not None:
            raise problems.too_many_requests("This key has made too many requests.", wait_s)
        if access is None:
            raise problems.forbidden()
        if access.roles is not None and found.role not in access.roles:
            raise problems.forbidden(sorted(access.roles))

    def _identify(self, request: Request, access: Access) -> Caller:
        address, counts_failures = request.remote_addr or "", access.counts_failures
        header = request.headers.get("Authorization", "")
        text = _bearer(header) or (_password(header) if access.takes_password else "")
        try:
            _, digest = parse_key(text)
        except KeyMalformed:
            self._fail(address, counts_failures=counts_failures)
            raise problems.unauthenticated() from None
        wait_s = self._failures.exceeded(address)
        if counts_failures and wait_s is not None and digest not in self._good:
            raise _too_many_failures(wait_s)
        try:
            found = self._authenticate(text)
        except problems.Problem as problem:
            if problem.status == problems.SLUGS["unauthenticated"].status:
                self._good.pop(digest, None)
                self._fail(address, counts_failures=counts_failures)
            raise
        self._remember(digest)
        return found

    def _fail(self, address: str, *, counts_failures: bool) -> None:
        if counts_failures and (wait_s := self._failures.take(address)) is not None:
            raise _too_many_failures(wait_s)

    def _remember(self, digest: bytes) -> None:
        if digest in self._good:
            return
        if len(self._good) >= _GOOD_KEYS_MAX:
            # Whoever is forgotten meets the limit of the address again, no more. Threads may race to clear: harmless.
            self._good.clear()
        self._good[digest] = None


def _too_many_failures(wait_s: int) -> problems.Problem:
    return problems.too_many_requests("Too many keys from this address were not good.", wait_s)


def _bearer(header: str) -> str:
    """Return the token of a bearer credential (RFC 6750 2.1; the scheme's case does not matter), else nothing."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _password(header: str) -> str:
    """Return the password of a basic credential (RFC 7617 2), else nothing."""
    scheme, _, coded = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(coded.strip(), validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


def _mark(access: Access) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        # functools.wraps copies this along, so the mark may stand anywhere among the decorators.
        setattr(view, _MARK, access)
        return view

    return decorate


def _access(app: Flask, endpoint: str, method: str) -> Access | None:
    view_class = getattr(app.view_functions[endpoint], "view_class", None)
    return getattr(view_of(app, endpoint, method), _MARK, None) or getattr(view_class, _MARK, None)
