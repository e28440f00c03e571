"""Ask a service whether it is ready: for whoever starts it, and for a container's health check; or who is in its place.

Standard library only, so that the check costs little; it runs every few seconds.
"""

import errno
import http.client
import json
import socket
from urllib.parse import urlsplit


def url_of(bind: str) -> str:
    """Return the address under which this machine reaches what listens at `bind`, as `0.0.0.0:8001`."""
    host, _, port = bind.rpartition(":")
    reached = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)  # noqa: S104 - asked of, not listened on
    return f"http://{reached}:{port}"


def is_free(bind: str) -> bool:
    """Tell whether a service could listen there: else whoever does would be taken for it (OSError: it never could)."""
    host, _, port = bind.rpartition(":")
    family, kind, protocol, _, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # As the service will: the past is no obstacle.
        try:
            tried.bind(address)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return False
    return True


def lacking(url: str, timeout_s: float = 2.0) -> str | None:
    """Ask `/readyz` of the service at `url`; return None if it is ready, else what is lacking."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=timeout_s)
    try:
        connection.request("GET", "/readyz", headers={"Accept": "application/json"})
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as error:
        return f"expected an answer of {parts.scheme}://{parts.netloc}, found {type(error).__name__}"
    finally:
        connection.close()
    return None if answer.status == http.HTTPStatus.OK else _told(answer.status, body)


def _told(status: int, body: bytes) -> str:
    """Say which checks fail, if the answer tells."""
    try:
        failing = json.loads(body)["failing"]
        return "; ".join(f"{each['check']}: expected {each['expected']}, found {each['found']}" for each in failing)
    except (ValueError, KeyError, TypeError):
        return f"expected status 200, found {status}"
