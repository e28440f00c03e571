"""A body that is not wanted, on the wire: the answer arrives all the same, and the connection lives on."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from tests.api.fix_first_school import PNG
from tests.api.fix_refusals import BOUNDARY, UNKNOWN, form
from tests.api.served_uploads import LIMIT_BYTES
from tests.servicekit.fix_server import free_port

HEADERS = {
    "Authorization": "Bearer cwk_000000000000_" + "x" * 43,
    "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Answer where the real server listens."""
    bind = f"127.0.0.1:{free_port()}"
    program = Path(__file__).with_name("served_uploads.py")
    served = subprocess.Popen(
        [sys.executable, "-m", "tests.api.served_uploads", bind],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=program.parents[2],
    )
    try:
        assert served.stdout
        with served.stdout as said:
            said.read()  # It closes its output once it listens.
        yield bind
    finally:
        served.terminate()
        served.wait(15)


def upload(connection: HTTPConnection, size_bytes: int, form_as: str = "whole", **headers: str) -> tuple[int, Any]:
    file = ("post.png", PNG + bytes(size_bytes - len(PNG)), "image/png")
    body = form([("facts", json.dumps({"posts": [1], "method": "screenshot"})), ("file", file)])
    pieces = (body[at : at + 65536] for at in range(0, len(body), 65536))
    path = f"/v1/incidents/{UNKNOWN}/evidence"
    asked = {**HEADERS, "Idempotency-Key": f"key-{size_bytes}", **headers}
    if form_as == "whole":
        connection.request("POST", path, body, asked)
    else:
        connection.request("POST", path, pieces, asked | {"Transfer-Encoding": "chunked"}, encode_chunked=True)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


@pytest.mark.parametrize("form_as", ["whole", "chunked"])
@pytest.mark.parametrize("size_bytes", [LIMIT_BYTES + 1, 2_000_000, 16_000_000])
def test_an_upload_over_the_limit_is_answered_and_its_connection_still_usable(
    address: str, size_bytes: int, form_as: str
) -> None:
    with closing(HTTPConnection(address, timeout=20)) as connection:
        assert upload(connection, 1000)[0] == 201
        before = connection.sock
        status, problem = upload(connection, size_bytes, form_as)
        assert (status, problem["limit_bytes"]) == (413, LIMIT_BYTES)
        assert upload(connection, 1000)[0] == 201
        assert connection.sock is before, "the server closed the connection"


@pytest.mark.parametrize("headers", [{"Authorization": "Bearer nobody"}, {"Content-Type": "text/plain"}])
def test_an_upload_refused_unread_is_answered_and_its_connection_still_usable(
    address: str, headers: dict[str, str]
) -> None:
    with closing(HTTPConnection(address, timeout=20)) as connection:
        assert upload(connection, 3_000_000, **headers)[0] in {401, 415}
        before = connection.sock
        assert upload(connection, 1000)[0] == 201
        assert connection.sock is before, "the server closed the connection"
