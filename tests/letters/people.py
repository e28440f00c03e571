"""People who call the letters service, each with a key of their own."""

import itertools
from collections.abc import Mapping
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

_numbers = itertools.count(1)


class Answer:
    """An answer, its JSON taken as an object."""

    def __init__(self, response: TestResponse) -> None:
        self.status_code = response.status_code
        self.data = response.data
        self.headers = response.headers
        self.json: dict[str, Any] = (response.json or {}) if response.is_json else {}


class People:
    """Sends requests as somebody."""

    def __init__(self, app: Flask, keys: Mapping[str, str]) -> None:
        self._client = app.test_client()
        self._keys = keys

    def get(self, who: str, path: str, **headers: str) -> Answer:
        """Ask as this person."""
        return Answer(self._client.get(path, headers=self._headers(who, headers)))

    def post(self, who: str, path: str, body: Mapping[str, Any] | None = None, **headers: str) -> Answer:
        """Decide as this person; with a fresh Idempotency-Key unless one is given."""
        key = {"Idempotency-Key": f"key-{next(_numbers)}"}
        return Answer(self._client.post(path, json=dict(body or {}), headers=key | self._headers(who, headers)))

    def patch(self, who: str, path: str, body: Mapping[str, Any], **headers: str) -> Answer:
        """Change something as this person; with a fresh Idempotency-Key unless one is given."""
        key = {"Idempotency-Key": f"key-{next(_numbers)}"}
        return Answer(self._client.patch(path, json=dict(body), headers=key | self._headers(who, headers)))

    def _headers(self, who: str, headers: Mapping[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return {"Authorization": f"Bearer {self._keys[who]}", **named}
