"""The people directory: two files in, whole or not at all, and every bad row named without quoting it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from casework.adapters import migrate
from casework.adapters.credentials import create_key, revoke_key
from casework.adapters.errors import RowsRefused
from casework.adapters.people import Directory, Loaded
from casework.adapters.people_rows import PEOPLE_COLUMNS, RELATION_COLUMNS
from casework.application.merge_fields import Tie
from tests.adapters.given import Place

PEOPLE = """\
p-mallinson,adult,Kerry Mallinson,,,,,,1 Rowan Lane|Exampleton|EX1 1AA,kerry@example.org,,admission form,no,no,
p-mallinson,,,,,,,,2 Safe Street|Exampleton|EX1 2BB,,,told to the office,yes,no,u-sbm
p-nowicki-m,adult,Marta Nowicki,,,,pl,large_print,,,01632 960001,admission form,,,
k-jayden,pupil,Jayden Mallinson,,5,2016-02-11,,,,,,,,,
u-t5,staff,Amy Ellery,class teacher,,,,,,,,,,,
"""
RELATIONS = """\
p-mallinson,k-jayden,parent,yes,unknown
u-t5,k-jayden,relative,,no
"""


@pytest.fixture
def directory(place: Place) -> Directory:
    return Directory(place.pool, place.schema)


def files(folder: Path, people: str = PEOPLE, relations: str = RELATIONS) -> tuple[Path, Path]:
    (folder / "people.csv").write_text(",".join(PEOPLE_COLUMNS) + "\n" + people, encoding="utf-8")
    (folder / "relations.csv").write_text(",".join(RELATION_COLUMNS) + "\n" + relations, encoding="utf-8")
    return folder / "people.csv", folder / "relations.csv"


def test_people_and_their_relations_are_loaded(directory: Directory, tmp_path: Path) -> None:
    assert directory.load(*files(tmp_path)) == Loaded(added=4, changed=0, unchanged=0)
    kerry = directory.get(["p-mallinson", "nobody"])["p-mallinson"]
    assert (kerry.name, kerry.language, kerry.format) == ("Kerry Mallinson", "en", "standard")
    assert [(point.kind, point.lines, point.is_confidential, point.verified_by) for point in kerry.contact_points] == [
        ("address", ("1 Rowan Lane", "Exampleton", "EX1 1AA"), False, None),
        ("email", ("kerry@example.org",), False, None),
        ("address", ("2 Safe Street", "Exampleton", "EX1 2BB"), True, "u-sbm"),
    ]
    assert [(r.adult, r.kind, r.lives_with) for r in directory.relations(["k-jayden"])] == [
        ("p-mallinson", "parent", "unknown"),
        ("u-t5", "relative", "no"),
    ]


def test_a_decision_sees_kind_association_and_whether_an_address_is_secret(
    directory: Directory, tmp_path: Path
) -> None:
    directory.load(*files(tmp_path))
    persons = directory.persons(["p-mallinson", "u-t5", "p-nowicki-m", "k-jayden"])
    assert {id_: (person.kind, person.association, person.is_confidential) for id_, person in persons.items()} == {
        "p-mallinson": ("adult", "parent", True),
        "u-t5": ("staff", "relative", False),
        "p-nowicki-m": ("adult", "unknown", False),
        "k-jayden": ("pupil", "unknown", False),
    }


def test_a_letter_sees_each_contact_point_and_what_forbids_it(directory: Directory, tmp_path: Path) -> None:
    directory.load(*files(tmp_path))
    known = directory.known(["p-mallinson", "p-nowicki-m", "nobody"])
    assert sorted(known) == ["p-mallinson", "p-nowicki-m"]
    points = known["p-mallinson"].contact_points
    assert [(p.kind, p.lines[0], p.is_usable, p.verified_by) for p in points] == [
        ("address", "1 Rowan Lane", True, None),
        ("email", "kerry@example.org", True, None),
        ("address", "2 Safe Street", False, "u-sbm"),
    ]
    assert (known["p-nowicki-m"].language, known["p-nowicki-m"].is_large_print) == ("pl", True)


def test_a_family_is_everybody_tied_to_the_same_pupils(directory: Directory, tmp_path: Path) -> None:
    far = "p-far,adult,Far Away,,,,,,,,,,,,\nk-far,pupil,Near By,,,,,,,,,,,,\n"
    directory.load(*files(tmp_path, PEOPLE + far, RELATIONS + "p-far,k-far,parent,,\n"))
    expected = [Tie("p-mallinson", "k-jayden"), Tie("u-t5", "k-jayden")]
    assert directory.families(["p-mallinson"]) == expected
    assert directory.families({"k-jayden"}) == expected
    assert directory.families([]) == []


def test_accounts_are_the_schools_own_with_their_persons_and_tell_whether_a_key_is_good(
    place: Place, directory: Directory, tmp_path: Path
) -> None:
    directory.load(*files(tmp_path))
    past, now = datetime(2025, 9, 1, tzinfo=UTC), datetime(2025, 9, 18, tzinfo=UTC)
    migrate.add_school(place.database.owner, "elm", title="Elm", origin="elm.example/ledger", code="EL")
    with place.connect("owner") as owner:

        def key(subject: str, role: str, person: str | None = None, days: int = 90, school: str = "rowanlane") -> str:
            made = create_key(owner, school=school, subject=subject, role=role, person=person, now=past, days=days)
            return made[1].key_id

        key("ellery", "caseworker", "u-t5")
        revoke_key(owner, key("ellery", "caseworker", "u-t5"), reason="lost", now=now)
        key("u-t5", "staff", days=5)
        key("u-head", "headteacher", "u-unknown")
        key("ellery", "headteacher", "u-t5", school="elm")
    found = directory.accounts(now)
    assert [(a.subject, a.role, a.person, a.name, a.job, a.is_good) for a in found] == [
        ("ellery", "caseworker", "u-t5", "Amy Ellery", "class teacher", True),
        ("u-head", "headteacher", "u-unknown", None, None, True),
        ("u-t5", "staff", "u-t5", "Amy Ellery", "class teacher", False),
    ]


def test_a_second_load_changes_whom_it_names_and_leaves_the_others(directory: Directory, tmp_path: Path) -> None:
    directory.load(*files(tmp_path))
    moved = "p-nowicki-m,adult,Marta Nowicki,,,,pl,standard,,,01632 960001,admission form,,,\n"
    same = "u-t5,staff,Amy Ellery,class teacher,,,,,,,,,,,\n"
    loaded = directory.load(*files(tmp_path, moved + same, "p-mallinson,k-jayden,carer,,\n"))
    assert loaded == Loaded(added=0, changed=1, unchanged=1)
    assert directory.get(["p-nowicki-m"])["p-nowicki-m"].format == "standard"
    assert len(directory.get(["p-mallinson"])["p-mallinson"].contact_points) == 3
    assert [(r.adult, r.kind) for r in directory.relations(["k-jayden"])] == [
        ("p-mallinson", "carer"),
        ("u-t5", "relative"),
    ]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("p one,adult,Name,,,,,,,,,,,,", "people.csv, line 2, id: expected an id"),
        ("p-1,parent,Name,,,,,,,,,,,,", "line 2, kind: expected one of adult, pupil, staff, found another word"),
        ("p-1,adult,,,,,,,,,,,,,", "line 2, name: expected a name, found none"),
        ("p-1,pupil,Name,,14,,,,,,,,,,", "line 2, year: expected a school year from 0 to 13"),
        ("p-1,pupil,Name,,,11/02/2016,,,,,,,,,", "line 2, dob: expected a date as 2016-02-11"),
        ("p-1,adult,Name,,,,,huge,,,,,,,", "line 2, format: expected one of standard, large_print"),
        ("p-1,adult,Name,,,,,,1 Rowan Lane,,,,,,", "line 2, source: expected where the address comes from"),
        ("p-1,adult,Name,,,,,,,kerry at example,,form,,,", "line 2, email: expected an e-mail address"),
        ("p-1,adult,Name,,,,,,,,,,maybe,,", "line 2, confidential: expected one of yes, no"),
        ("p-1,adult,Name", "line 2: expected 15 cells, found 3"),
        ("p-1,adult,Name,,,,,,,,,,,,\np-1,pupil,,,,,,,,,,,,,", "line 3, kind: expected the same as in the first row"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_stored(directory: Directory, tmp_path: Path, row: str, fault: str) -> None:
    good = "\np-good,adult,Good Person,,,,,,,,,,,,\n"
    with pytest.raises(RowsRefused) as raised:
        directory.load(*files(tmp_path, row + good, ""))
    assert len(raised.value.faults) == 1
    assert fault in raised.value.faults[0]
    assert "Rowan" not in str(raised.value)
    assert "kerry" not in str(raised.value)
    assert directory.get(["p-good"]) == {}


def test_all_bad_rows_are_named_at_once(directory: Directory, tmp_path: Path) -> None:
    rows = "p-1,parent,,,99,,,,,,,,,,\np-2,adult,Name,,,never,,,,,,,,,\n"
    with pytest.raises(RowsRefused) as raised:
        directory.load(*files(tmp_path, rows, ""))
    assert [fault.split(":")[0] for fault in raised.value.faults] == [
        "people.csv, line 2, name",
        "people.csv, line 2, kind",
        "people.csv, line 2, year",
        "people.csv, line 3, dob",
    ]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("p-nobody,k-jayden,parent,,", "line 2, adult: expected the id of an adult, found nobody of that id"),
        ("k-jayden,k-jayden,parent,,", "line 2, adult: expected the id of an adult, found pupil"),
        ("p-mallinson,u-t5,parent,,", "line 2, pupil: expected the id of a pupil, found staff"),
        ("p-mallinson,k-jayden,uncle,,", "line 2, kind: expected one of parent, carer, relative, associated"),
        ("p-mallinson,k-jayden,parent,perhaps,", "line 2, parental_responsibility: expected one of yes, no, unknown"),
        ("p-mallinson,k-jayden,parent,,\np-mallinson,k-jayden,carer,,", "line 3, adult: expected one row for each"),
    ],
)
def test_a_bad_relation_is_named_and_the_people_are_not_stored_either(
    directory: Directory, tmp_path: Path, row: str, fault: str
) -> None:
    with pytest.raises(RowsRefused) as raised:
        directory.load(*files(tmp_path, relations=row + "\n"))
    assert fault in str(raised.value)
    assert directory.get(["p-mallinson"]) == {}


@pytest.mark.parametrize("content", [b"", b"id;kind\n", b"\xff\xfe", None])
def test_a_file_that_is_none_of_ours_is_refused(directory: Directory, tmp_path: Path, content: bytes | None) -> None:
    people, relations = files(tmp_path)
    people.unlink()
    if content is not None:
        people.write_bytes(content)
    with pytest.raises(RowsRefused, match=r"people\.csv"):
        directory.load(people, relations)


def test_a_file_as_a_spreadsheet_saves_it_is_read(directory: Directory, tmp_path: Path) -> None:
    people, relations = files(tmp_path, "", "")
    header = ",".join(reversed([name.title() for name in PEOPLE_COLUMNS]))
    row = ',no,no,form,,,"1 Rowan Lane\nExampleton",,,,,,Kerry Mallinson,adult,p-mallinson'
    people.write_text(f"\ufeff{header}\r\n{row}\r\n\r\n", encoding="utf-8")
    assert directory.load(people, relations).added == 1
    assert directory.get(["p-mallinson"])["p-mallinson"].contact_points[0].lines == ("1 Rowan Lane", "Exampleton")
