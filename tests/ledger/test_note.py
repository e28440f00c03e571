"""Checkpoints and signed notes: published cases, strict parsing, and which signatures count."""

from base64 import b64encode

import pytest

from casework.ledger.note import Signer, check_signature, new_seed, open_note
from casework.ledger.verify import (
    EMPTY_ROOT,
    BadSignature,
    Checkpoint,
    LedgerError,
    MalformedNote,
    UnknownKey,
    check_ed25519,
    open_checkpoint,
    parse_checkpoint,
    parse_vkey,
    parse_vkeys,
)
from casework.ledger.verify import open_note as open_text
from tests.ledger.given import ORIGIN, OTHER, SIGNER
from tests.ledger.published import own, published, read

ROOT = b"r" * 32
NOTE = SIGNER.sign_checkpoint(7, ROOT)
TEXT, _, LINE = NOTE.rpartition("\n\n")
TEXT += "\n"


def signed(text: str, *signers: Signer) -> str:
    """Sign any text, checkpoint or not."""
    lines = [
        f"— {each.origin} {b64encode(each.keys[0].hint + each._private[each.vkey][1].sign(text.encode())).decode()}\n"
        for each in signers
    ]
    return text + "\n" + "".join(lines)


@pytest.mark.parametrize("check", [check_ed25519, check_signature])
def test_published_notes_open_or_do_not(check: object) -> None:
    for case in read("note/signed_notes.json")["cases"]:
        keys = [parse_vkey(key) for key in case["vkeys"]]
        if case["ok"]:
            text, signers = open_text(case["note"], keys, check=check)  # type: ignore[arg-type]  # one of the two
            assert case["note"].startswith(text)
            assert [key.name for key in signers] == case["verified"]
            assert [str(key) for key in keys] == case["vkeys"]
        else:
            with pytest.raises(LedgerError):
                open_text(case["note"], keys)


def test_published_checkpoints_parse_or_do_not() -> None:
    for case in read("checkpoint/checkpoints.json")["cases"]:
        if case["ok"]:
            found = parse_checkpoint(case["body"])
            assert (found.origin, found.size) == (case["origin"], case["size"])
        else:
            with pytest.raises(MalformedNote):
                parse_checkpoint(case["body"])


def test_the_worked_checkpoints_are_signed_byte_for_byte() -> None:
    worked = read("worked/worked_example.json")
    signer = Signer.parse(worked["origin"], worked["signing_seed_hex"] + "\n")
    assert signer.vkey == worked["vkey"] == published("worked/log.vkey").read_text().strip()
    for name, size in (("checkpoint-2", 2), ("checkpoint", 3)):
        top = bytes.fromhex(worked["roots_hex_by_size"][str(size)])
        note = published(f"worked/{name}").read_text("utf-8")
        assert signer.sign_checkpoint(size, top) == note
        assert open_note(note, [signer.vkey], worked["origin"]) == Checkpoint(worked["origin"], size, top)


def test_node_signs_the_same_checkpoints() -> None:
    made = own("node.json")
    signer = Signer.parse(made["origin"], made["seed"])
    assert signer.vkey == made["vkey"]
    for said in made["checkpoints"]:
        assert signer.sign_checkpoint(said["size"], bytes.fromhex(said["root"])) == said["note"]


def test_a_checkpoint_opens_with_its_key_and_says_what_was_signed() -> None:
    assert open_note(NOTE, [SIGNER.vkey]) == Checkpoint(ORIGIN, 7, ROOT)
    assert open_checkpoint(NOTE, SIGNER.keys, ORIGIN) == Checkpoint(ORIGIN, 7, ROOT)


def test_each_byte_of_a_note_counts() -> None:
    octets = NOTE.encode()
    for place in range(len(octets)):
        for bit in (1, 0x20):
            spoilt = octets[:place] + bytes([octets[place] ^ bit]) + octets[place + 1 :]
            with pytest.raises((LedgerError, UnicodeDecodeError)):
                open_note(spoilt.decode(), SIGNER.keys)


def test_a_note_by_an_unknown_key_is_refused() -> None:
    with pytest.raises(UnknownKey) as refused:
        open_note(NOTE, [OTHER.vkey])
    assert OTHER.keys[0].hint.hex() in refused.value.expected
    assert SIGNER.keys[0].hint.hex() in refused.value.found
    with pytest.raises(UnknownKey):
        open_note(NOTE, [])


def test_a_note_of_another_origin_is_refused() -> None:
    with pytest.raises(MalformedNote):
        open_note(NOTE, SIGNER.keys, "elm-road.example/ledger")


def test_a_known_key_of_another_name_is_not_enough() -> None:
    witness = Signer("witness.example", [b"w" * 32])
    with pytest.raises(UnknownKey):
        open_note(signed(TEXT, witness), witness.keys)
    assert open_note(signed(TEXT, witness, SIGNER), [*witness.keys, *SIGNER.keys]).size == 7


def test_unknown_signatures_are_passed_over_and_known_ones_must_hold() -> None:
    assert open_note(signed(TEXT, OTHER, SIGNER), SIGNER.keys).size == 7
    both = signed(TEXT, SIGNER) + signed("another\n", OTHER).rpartition("\n\n")[2]
    assert open_note(both, SIGNER.keys).size == 7
    with pytest.raises(BadSignature):
        open_note(both, [*SIGNER.keys, *OTHER.keys])


def test_sixteen_signatures_are_accepted_and_no_more() -> None:
    others = [Signer(f"w{number}.example", [bytes([number]) * 32]) for number in range(16)]
    assert open_note(signed(TEXT, *others[:15], SIGNER), SIGNER.keys).size == 7
    with pytest.raises(MalformedNote):
        open_note(signed(TEXT, *others, SIGNER), SIGNER.keys)


ROOT64 = b64encode(ROOT).decode()


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n7\n{ROOT64}\nan extension\n",
        f"{ORIGIN}\n7\n",
        f"{ORIGIN}\n07\n{ROOT64}\n",
        f"{ORIGIN}\n+7\n{ROOT64}\n",
        f"{ORIGIN}\n-7\n{ROOT64}\n",
        f"{ORIGIN}\n7 \n{ROOT64}\n",
        f"{ORIGIN}\n\u0667\n{ROOT64}\n",
        f"{ORIGIN}\n\n{ROOT64}\n",
        f"{ORIGIN}\n{2**63}\n{ROOT64}\n",
        f"{ORIGIN}\n7\n{b64encode(b'r' * 31).decode()}\n",
        f"{ORIGIN}\n7\n{ROOT64[:-1]}\n",
        f"{ORIGIN}\n7\n{ROOT64[:-2]}J=\n",
        f"{ORIGIN}\n7\n{ROOT64}",
        f"\n7\n{ROOT64}\n",
        f"{ORIGIN}\n0\n{ROOT64}\n",
        "",
    ],
)
def test_a_checkpoint_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(MalformedNote):
        parse_checkpoint(text)


def test_size_0_parses_only_with_the_empty_root() -> None:
    assert parse_checkpoint(f"{ORIGIN}\n0\n{b64encode(EMPTY_ROOT).decode()}\n").size == 0
    with pytest.raises(MalformedNote):
        SIGNER.sign_checkpoint(0, EMPTY_ROOT)
    with pytest.raises(MalformedNote):
        SIGNER.sign_checkpoint(1, b"short")


@pytest.mark.parametrize(
    "note",
    [
        "",
        TEXT,
        NOTE[:-1],
        NOTE + "\n",
        NOTE.replace("\n", "\r\n"),
        NOTE.replace("\n\n", "\n"),
        NOTE.replace("— ", "- "),
        NOTE.replace("— ", "—"),
        NOTE.replace(LINE, LINE.replace("ledger ", "ledger  ")),
        NOTE.replace("=\n", "\n"),
        NOTE + "— no signature\n",
        NOTE + "— x AAAA\n",
        NOTE + "\t\n",
        NOTE.replace(ORIGIN + "\n7", ORIGIN + "\0\n7"),
    ],
)
def test_a_note_in_another_form_is_refused(note: str) -> None:
    with pytest.raises(MalformedNote):
        open_note(note, SIGNER.keys)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        SIGNER.vkey[:-1],
        SIGNER.vkey.replace("2b876f8e", "2b876f8f"),
        SIGNER.vkey.replace("2b876f8e", "2B876F8E"),
        SIGNER.vkey.replace("rowan", "elm"),
        SIGNER.vkey.replace("+AR", "+AB"),
        SIGNER.vkey + "+",
        " " + SIGNER.vkey,
    ],
)
def test_a_key_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(MalformedNote):
        parse_vkey(text)


def test_a_key_file_holds_keys_one_a_line() -> None:
    assert parse_vkeys(f"{SIGNER.vkey}\r\n\n{OTHER.vkey}") == (*SIGNER.keys, *OTHER.keys)
    for text in ("", "\n", f"{SIGNER.vkey}\nx\n"):
        with pytest.raises(MalformedNote):
            parse_vkeys(text)


def test_the_newest_seed_signs_and_older_ones_stay_known() -> None:
    newest, oldest = new_seed(), new_seed()
    signer = Signer.parse(ORIGIN, f"{newest}\n{oldest}\n")
    assert len(signer.keys) == 2
    note = signer.sign_checkpoint(1, ROOT)
    assert open_note(note, [signer.vkey]).size == 1
    with pytest.raises(UnknownKey):
        open_note(note, signer.keys[1:])
    before = Signer.parse(ORIGIN, oldest).sign_checkpoint(1, ROOT)
    assert open_note(before, signer.keys).size == 1


@pytest.mark.parametrize("text", ["", "33", "3" * 63, "G" * 64, "A" * 64, f"{'3' * 64}\n\n{'4' * 64}", f" {'3' * 64}"])
def test_a_key_file_in_another_form_is_refused_and_not_told(text: str) -> None:
    with pytest.raises(MalformedNote) as refused:
        Signer.parse(ORIGIN, text)
    assert "333" not in str(refused.value)


def test_a_signer_does_not_show_its_key() -> None:
    assert repr(SIGNER) == f"Signer({SIGNER.vkey})"


def test_an_origin_that_is_no_key_name_cannot_sign() -> None:
    for origin in ("", "two words", "a+b", "a\nb"):
        with pytest.raises(MalformedNote):
            Signer(origin, [b"\x33" * 32])


def test_a_checkpoint_is_signed_by_each_key_that_is_named() -> None:
    both = Signer(ORIGIN, [b"\x44" * 32, b"\x33" * 32])
    newest, oldest = (str(key) for key in both.keys)
    note = both.sign_checkpoint(7, ROOT, (oldest, newest))
    for vkey in (oldest, newest):
        assert open_note(note, [vkey], ORIGIN) == open_note(NOTE, SIGNER.keys, ORIGIN)
    assert both.sign_checkpoint(7, ROOT) == both.sign_checkpoint(7, ROOT, (newest,))
    assert both.sign_checkpoint(7, ROOT, (oldest,)) == NOTE
    with pytest.raises(UnknownKey):
        SIGNER.sign_checkpoint(7, ROOT, (newest,))
