"""An entry of the case is corrected: no letter leaves that may say what was wrong."""

from letters.bootstrap import Web
from tests.letters.fake_casework import FakeCasework
from tests.letters.given import CASE, CAUSE, merge_fields
from tests.letters.people import People
from tests.letters.test_api import codes, state
from tests.letters.test_audience_again import approve

WRONG, RIGHT = "/posts/117", "/posts/118"


def correct(web: Web, casework: FakeCasework) -> None:
    """Let somebody correct the address of a post, and the follower read of it."""
    fields = merge_fields()
    fields["posts"][1]["url"] = fields["posts"][1]["url"].replace(WRONG, RIGHT)
    casework.fields[CAUSE] = fields
    casework.happens("entry-corrected", version=13, corrects=f"{CASE}/3", field="url")
    web.service.follower().once()


def words(people: People, letter: str) -> str:
    text: str = people.get("u-head", f"{letter}/text").data.decode()
    return text


def test_a_letter_that_nobody_approved_is_drafted_again_and_says_what_is_right(
    people: People, web: Web, casework: FakeCasework, warning: str
) -> None:
    assert WRONG in words(people, warning)
    correct(web, casework)
    assert (state(people, warning)["status"], state(people, warning)["revision"]) == ("ready", 2)
    assert RIGHT in words(people, warning)
    assert WRONG not in words(people, warning)


def test_an_approved_letter_is_held_until_it_is_drafted_and_approved_anew(
    people: People, web: Web, casework: FakeCasework, warning: str
) -> None:
    assert approve(people, warning).json["status"] == "issued"
    correct(web, casework)
    assert (state(people, warning)["revision"], state(people, warning)["holds"]) == (1, ["outdated"])
    assert codes(people.post("u-sbm", f"{warning}/dispatch")) == ["held"]
    asked = {"hold": "outdated", "reason": "nobody will mind"}
    assert codes(people.post("u-head", f"{warning}/release", asked)) == ["held"]
    again = people.post("u-head", f"{warning}/redraft").json
    assert (again["revision"], again["holds"], again["approvals"]) == (2, [], [])
    assert RIGHT in words(people, warning)
    assert approve(people, warning).json["status"] == "issued"
