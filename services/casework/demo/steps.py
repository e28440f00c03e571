"""The eleven steps of the demonstration, in order: each plays something, checks it, and says what came of it."""

from __future__ import annotations

import json
import struct
import time
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import psycopg
from psycopg import sql

from casework.demo.world import Mismatch, hold, now
from servicekit.service_settings import DEVELOPMENT_KEYS

if TYPE_CHECKING:
    from casework.demo.world import World

GROUP: Final = "https://facebook.example/groups/rowanlane/posts"
RULES_AT_FIRST: Final = ["R02", "R03", "R04", "R05", "R16"]
PUT_BACK: Final = (
    "UPDATE school_rowanlane.event AS e SET entry = b.entry FROM before AS b WHERE b.position = e.position;"
    " ALTER TABLE school_rowanlane.event ENABLE ALWAYS TRIGGER append_only, ENABLE ALWAYS TRIGGER never_truncated;"
    " DROP TABLE before"
)
ALTER: Final = (
    "UPDATE school_rowanlane.event SET entry = set_byte(entry, octet_length(entry) - 10, 88)"
    " WHERE position = {position}"
)


class Step(NamedTuple):
    """What it says while it is played, and the playing, which returns what came of it."""

    says: str
    play: Callable[[World], str]


def start(world: World) -> str:
    """Bring both services up; on an embedded server that makes an example of a school, with people and channels."""
    world.start()
    both = (world.casework, world.letters)
    notices = [world.ask("monitor", "GET", f"http://{address}/readyz").json()["notices"] for address in both]
    hold(true=notices == [[DEVELOPMENT_KEYS]] * 2, expected=f"both say {DEVELOPMENT_KEYS}", found=notices)
    return f"both ready; {DEVELOPMENT_KEYS.lower()}"


def report(world: World) -> str:
    """Report a post, upload a picture of it."""
    facts = {
        "channel": "fb-community",
        "url": f"{GROUP}/101",
        "words": "lazy, vile to the kids who aren't her favourites",
        "posted_at": (datetime.now(UTC) - timedelta(hours=12)).isoformat(),
        "targets": [{"person": "t-ellery"}],
        "how_seen": "screenshot shown by a colleague who is a group member",
    }
    answer = world.ask("caseworker", "POST", f"http://{world.casework}/v1/incidents", expect=201, json=facts)
    world.case, world.tag = answer.json()["id"], answer.headers["ETag"]
    picture = _picture()
    evidence = {"posts": [1], "method": "screenshot", "captured_at": now()}
    world.upload("caseworker", "evidence", json.dumps(evidence), ("post.png", picture, "image/png"))
    feed = world.ask("auditor", "GET", f"http://{world.casework}/v1/events?limit=1000").json()
    positions = feed["positions"]
    hold(true=positions == list(range(1, len(positions) + 1)), expected="positions without a gap", found=positions)
    types = [entry["type"] for entry in feed["events"]]
    world.seen["reported"] = positions[types.index("incident.reported.v1")]
    world.seen["reference"] = world.get("caseworker", f"/v1/incidents/{world.case}")["reference"]
    return f"{world.seen['reference']}, entries 1 to {positions[-1]}; picture sha256 {sha256(picture).hexdigest()[:16]}"


def warn_at_once(world: World) -> str:
    """Try a warning before anything else; see why not, and remember how the case stood."""
    problem = world.decide("headteacher", "warnings", {"posts": [1], "party": {"person": "p-mallinson"}}, expect=409)
    failing = [refusal["rule"] for refusal in problem["refusals"]]
    hold(true=failing == RULES_AT_FIRST, expected=f"refused by {RULES_AT_FIRST}", found=failing)
    world.seen["before"] = world.get("auditor", f"/v1/incidents/{world.case}")
    return "refused: " + "; ".join(_refusal(refusal) for refusal in problem["refusals"])


def go_by_the_book(world: World) -> str:
    """Take each step that the policy puts before a warning."""
    began = int(world.tag.strip('"'))
    for by, path, facts in _BY_THE_BOOK:
        world.decide(by, path, facts)
    world.decide(
        "caseworker", "removal-requests/1/responses", {"response": "refused", "words": "I'm entitled to my opinion"}
    )
    post = {"channel": "fb-community", "url": f"{GROUP}/117", "posted_at": now(), "targets": ["P1"]}
    world.decide("caseworker", "posts", {**post, "words": "Got told off by school for telling the truth"})
    evidence = {"posts": [2], "method": "screenshot", "captured_at": now()}
    world.upload("caseworker", "evidence", json.dumps(evidence), ("post.png", _picture(shade=90), "image/png"))
    world.decide("caseworker", "continued-use", {"posts": [2], "judged": "inappropriate", "limb": "new_post"})
    options = dict.fromkeys(("legal_advice", "police", "other_legal"), "not_take")
    options |= {"warning": "take", "block": "not_applicable", "host": "not_yet"}
    weighed = {"reasons": "first escalation", "proportionality": "opinion tolerated, named abuse not"}
    world.decide("headteacher", "escalation-considerations", {**options, **weighed})
    return f"{int(world.tag.strip(chr(34))) - began} entries, each decision accepted; the case is in {_phase(world)}"


def warn(world: World) -> str:
    """Issue the warning; the same request again adds nothing."""
    facts = {"posts": [1, 2], "concerns": "The posts name a teacher and abuse her."}
    headers = {"Idempotency-Key": "the-warning"}
    tag = world.tag
    first = world.decide("headteacher", "warnings", facts, headers=headers)
    world.tag = tag
    again = world.decide("headteacher", "warnings", facts, headers=headers)
    hold(true=first == again, expected="the first answer again", found=again)
    due = next(task["due"] for task in world.get("caseworker", f"/v1/incidents/{world.case}")["tasks"])
    return f"{_types(first)}; sent twice, recorded once; remove by {due[:16].replace('T', ' ')}"


def draft(world: World) -> str:
    """Wait for the letters that the case calls for, each drafted once; no second reader of the feed is let in."""
    for template in ("L02", "L04"):
        world.seen[template] = world.letter(template, "ready")
    second = world.run("letters", "follow", "--once")
    hold(true=second.returncode == 1, expected="a second reader turned away", found=second.stdout + second.stderr)
    drafted = world.letters_of_case()
    hold(true=len(drafted) == 2, expected="two letters", found=drafted)
    return "L02 removal request and L04 written warning, once each; a second reader of the feed is turned away"


def send(world: World) -> str:
    """Approve each PDF by its hash, take it, post it; see it filed in the case."""
    return "a wrong hash refused; " + "; ".join(_send(world, template) for template in ("L02", "L04"))


def export(world: World) -> str:
    """Have the adviser's copy of the case made, and check it without network, database or settings."""
    made = world.run(
        "casework", "token", "create", "--subject", "x-legal", "--role", "legal", "--case", world.case,
        "--to", str(world.place / "keys" / "adviser.token"),
    )  # fmt: skip
    hold(true=made.returncode == 0, expected="a key for the adviser", found=made.stderr)
    asked = {"variant": "legal_full", "purpose": "advice on the warning"}
    url = f"http://{world.casework}/v1/incidents/{world.case}/exports"
    said = world.ask("adviser", "POST", url, expect=201, json=asked).json()
    package = world.output / "export" / f"{world.seen['reference']}.zip"
    receipt = package.with_suffix(".receipt.json")
    for file, part in ((package, "package"), (receipt, "receipt")):
        file.write_bytes(world.ask("adviser", "GET", f"http://{world.casework}/v1/exports/{said['id']}/{part}").content)
    world.seen["package"], world.seen["receipt"] = package, receipt
    checked = _verify_package(world)
    (world.output / "verification.json").write_text(checked, encoding="utf-8")
    world.seen["checkpoint"] = world.output / "checkpoint.txt"
    note = world.ask("auditor", "POST", f"http://{world.casework}/ledger/checkpoint").text
    world.seen["checkpoint"].write_text(note, encoding="utf-8")
    return f"{package.name}, {said['size_bytes'] // 1024} KiB, of version {said['version']}: holds, checked offline"


def look_back(world: World) -> str:
    """See the case as an auditor, as it stood before the warning was tried."""
    before = world.seen["before"]
    then = world.get("auditor", f"/v1/incidents/{world.case}?at=v{before['version']}")
    hold(true=then == before, expected=f"the case as it stood at version {before['version']}", found=then)
    world.seen["events"] = world.get("auditor", f"/v1/incidents/{world.case}")["version"]
    return f"version {before['version']} of {world.seen['events']}: phase {then['phase']}, as step 3 saw it"


def tamper(world: World) -> str:
    """Try to alter an entry: as the service, as the owner, and as a superuser who first disables the trigger."""
    alter = sql.SQL(ALTER).format(position=world.seen["reported"]).as_string()
    for role, why in (("casework_app", "permission denied"), ("casework_owner", "only ever added to")):
        try:
            _execute(world.database(role), alter)
        except psycopg.errors.InsufficientPrivilege as error:
            hold(true=why in str(error), expected=f"refused: {why}", found=error)
        else:
            raise Mismatch(f"{role} refused", "done")
    superuser = world.database("postgres")
    _execute(superuser, "CREATE TABLE before AS SELECT position, entry FROM school_rowanlane.event")
    _execute(superuser, "ALTER TABLE school_rowanlane.event DISABLE TRIGGER USER")
    _execute(superuser, alter)
    return "the service's role: refused; the owner: refused; a superuser, without the trigger: one byte altered"


def detect(world: World) -> str:
    """Check the record against the checkpoint kept outside: the entry is named. Put back, it holds again."""
    verify = ("casework", "verify", "--against", str(world.seen["checkpoint"].resolve()), "--json")
    asked = world.run(*verify)
    (world.output / "tampered.json").write_text(asked.stdout, encoding="utf-8")
    hold(true=asked.returncode == 3, expected="exit 3", found=f"exit {asked.returncode} {asked.stderr}")
    levels = {level["name"]: level for level in json.loads(asked.stdout)["report"]["levels"]}
    named = [error["where"] for error in levels["leaf"]["errors"]]
    entry = f"entry {world.seen['reported']}"
    hold(true=len(named) == 1 and named[0].startswith(f"{entry} ("), expected=f"{entry} named", found=named)
    _verify_package(world)
    _execute(world.database("postgres"), PUT_BACK)
    again = world.run(*verify)
    hold(true=again.returncode == 0, expected="all holds again", found=again.stdout)
    return f"exit 3: {entry} is named; the adviser's copy still holds; put back, all does"


def summary(world: World, seconds: float) -> list[str]:
    """Return five lines about what was seen and where it lies."""
    return [
        f"A case of {world.seen['events']} events, from the first report to a posted warning, in {seconds:.1f} s.",
        "What the policy does not allow was refused, by rule and clause; what was sent twice was recorded once.",
        f"Letters, as sent:      {world.output / 'letters'}",
        f"The adviser's copy:    {world.seen['package']}   (unpacked: python3 -I verify.py .)",
        f"Tampering was shown:   {world.output / 'tampered.json'}, against {world.seen['checkpoint']}",
    ]


STEPS: Final = (
    Step("both services up: school, edition, people", start),
    Step("caseworker reports a post, uploads evidence", report),
    Step("headteacher tries a written warning at once", warn_at_once),
    Step("by the book, until use goes on after a refusal", go_by_the_book),
    Step("headteacher issues the warning", warn),
    Step("letters drafts what the case calls for", draft),
    Step("who signs approves by hash, the office posts", send),
    Step("adviser's copy made, checked offline", export),
    Step("auditor looks at the case as it stood", look_back),
    Step("somebody tries to alter the record", tamper),
    Step("the record is checked against the checkpoint", detect),
)

_BY_THE_BOOK: Final[tuple[tuple[str, str, dict[str, Any]], ...]] = (
    (
        "caseworker",
        "identifications",
        {
            "party": {"person": "p-mallinson"},
            "confidence": "probable",
            "basis_code": "profile_match",
            "basis": "profile name and photograph; child named in the post",
        },
    ),
    ("caseworker", "categorisations", {"codes": ["C4", "C1"], "primary": "C4"}),
    (
        "dsl",
        "safeguarding-screenings",
        {"is_hold": False, "finding": "no_safeguarding_concern", "reason": "opinion about fairness; no harm alleged"},
    ),
    (
        "caseworker",
        "breach-decisions",
        {
            "outcome": "inappropriate",
            "reason": "names and abuses a teacher; the complaint itself could have been made to the school",
            "is_fair_comment_considered": True,
            "impact": "teacher distressed",
            "underlying_concern": "trip place",
        },
    ),
    (
        "caseworker",
        "contacts",
        {
            "method": "meeting",
            "outcome": "discussion_held",
            "account": "says she was upset, will not delete",
            "concern_response": "trip list to be checked again this week",
        },
    ),
    ("caseworker", "removal-requests", {"posts": [1]}),
)


def _send(world: World, template: str) -> str:
    """Approve, post and see filed one letter."""
    letter = world.seen[template]
    url = f"http://{world.letters}/v1/letters/{letter['letter_id']}"
    state = world.ask("headteacher", "GET", url).json()
    pdf = world.ask("headteacher", "GET", f"{url}/pdf").content
    (world.output / "letters" / f"{letter['our_ref'].replace('/', '-')}.pdf").write_bytes(pdf)
    checks = [finding["id"] for finding in state["findings"] if finding["level"] == "check"]
    wrong = {"pdf_sha256": "0" * 64, "checks": checks}
    signs = state["signatory"]
    world.ask(signs, "POST", f"{url}/approve", expect=409, json=wrong)
    digest = sha256(pdf).hexdigest()
    right = {"pdf_sha256": digest, "checks": checks}
    world.ask(signs, "POST", f"{url}/approve", expect=201, json=right)
    world.ask("office", "POST", f"{url}/dispatch", expect=201, json={})
    laid_out = [path.read_bytes() for path in (world.place / "outbox" / "print").glob("*.pdf")]
    hold(true=pdf in laid_out, expected="the approved PDF laid out for the printer", found=f"{len(laid_out)} others")
    world.ask("office", "POST", f"{url}/dispatched", expect=201, json={"posted_at": now()})
    filed = _filed(world, digest)
    return f"{template} approved by the {signs}, posted, filed as event {filed} of the case"


def _filed(world: World, pdf_sha256: str) -> int:
    """Wait until letters has filed this PDF in the case; return the version that says so."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        for event in world.get("caseworker", f"/v1/incidents/{world.case}/history")["events"]:
            if event["facts"].get("pdf_sha256") == pdf_sha256:
                return int(event["id"].partition("/")[2])
        time.sleep(0.2)
    raise Mismatch("the letter filed in the case within 15 s", "nothing filed")


def _verify_package(world: World) -> str:
    """Check the adviser's copy in a process that is told nothing; return its report."""
    package, receipt = world.seen["package"].resolve(), world.seen["receipt"].resolve()
    words = ("casework", "verify", str(package), "--receipt", str(receipt), "--json")
    checked = world.run(*words, environment={"PATH": world.environment["PATH"]})
    hold(true=checked.returncode == 0, expected="the adviser's copy holds", found=checked.stdout + checked.stderr)
    return checked.stdout


def _refusal(refusal: dict[str, Any]) -> str:
    override = refusal["override"]
    may = f", may be set aside by {' or '.join(override['roles'])}" if override else ""
    return f"{refusal['rule']} ({refusal['clause']}) {refusal['code']}{may}"


def _types(taken: dict[str, Any]) -> str:
    return ", ".join(event["type"].split(".")[1] for event in taken["events"])


def _phase(world: World) -> str:
    phase: str = world.get("caseworker", f"/v1/incidents/{world.case}")["phase"]
    return phase


def _execute(dsn: str, statement: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statement)


def _picture(shade: int = 230) -> bytes:
    """Return a small grey PNG (ISO/IEC 15948): it stands for a screenshot."""
    side = 64
    rows = b"".join(b"\0" + bytes([shade]) * side for _ in range(side))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body
