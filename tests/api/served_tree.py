"""A record with tiles, full and not, as it is served: what the tests of the tree start from."""

from http import HTTPStatus
from typing import Any

from tests.api.fix_first_school import Played
from tests.api.test_first_story import REPORT

ORIGIN = "rowan-lane.example/ledger"
FIRST, SIZE = 260, 530
ANYBODY = ("u-t5", "u-gov", "letters", "u-mis")
"""They take turns, as nobody may ask more than 600 times a minute."""
BUNDLES = ("000", "001", "002.p/18")
TILES = (*(f"0/{path}" for path in BUNDLES), "1/000.p/2")


class Served:
    """A record of 530 entries, signed at 260 and at 530, with three more that are not signed yet."""

    def __init__(self, school: Played) -> None:
        self.school = school
        case = school.post("u-deputy", "/v1/incidents", REPORT).json["id"]
        for size in (FIRST, SIZE, SIZE + 3):
            for _ in range(size - self._recorded()):
                school.get("u-head", f"/v1/incidents/{case}")  # Each reading is an entry.
            if size <= SIZE:
                school.post("u-mis", "/ledger/checkpoint", None)

    def get(self, path: str, by: str = "u-audit", **headers: str) -> Any:
        return self.school.get(by, f"/ledger/{path}", **headers)

    def octets(self, path: str, by: str = "u-audit") -> bytes:
        answer = self.get(path, by)
        assert answer.status_code == HTTPStatus.OK, answer.text
        return bytes(answer.data)

    def _recorded(self) -> int:
        return int(self.school.get("u-audit", "/v1/events?after=0&limit=1000").json["next"])
