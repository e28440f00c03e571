"""What the letters take that go to outside bodies and to the affected: hosts, police, adviser, authority, those hurt.

Each is given only what it prints, and each says what it cannot do without: a host its addresses, a notice of complaint
everything that the law asks of one, the police and the adviser every post with the hash of what is kept of it. Nobody
but the police and the adviser is told who posted, and nobody at all a pupil's name.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from letters.domain import outside_wording, wording
from letters.domain.catalogue import CATALOGUE
from letters.domain.event import Problem
from letters.domain.takes import NOTE, Field, Json, Takes, find, words

OWN_WORDS: Mapping[str, int] = {"why": 1500, "wrong": 1500}
"""What the complainant of a notice may say in words of their own, instead of those that stand in the template."""
NATURAL = frozenset({"adult", "staff"})
RECIPIENTS: Mapping[str | None, str] = {
    "host": "the site",
    "police": "the police",
    "adviser": "the adviser",
    "authority": "the authority",
}
NOT_TOLD = "Its words are not repeated here: see our copy."
INNER = frozenset(
    {"reported", "post-recorded", "evidence-captured", "poster-identified", "breach-decided", "post-checked"}
)
"""Steps that only the school knows of."""
UNDERAGE = "underage_account"


def _facts(source: Json, name: str) -> Any:  # noqa: ANN401 - JSON of any shape, on its way to a form that checks it
    return find(source, f"facts.{name}")


def _posts(source: Json) -> list[Json]:
    return list(source.get("posts") or ())


def _exhibits(source: Json) -> list[Json]:
    return list(_facts(source, "exhibits") or ())


def _post(post: Json) -> dict[str, Any]:
    """Word a post: its number, where it is to be found, and when it was made."""
    return {
        "n": int(post["n"]),
        "where": wording.platform(post["platform"]),
        "url": words(post.get("url")),
        "posted": wording.on_day_at(post["posted_at"]),
    }


def _reported(source: Json) -> list[dict[str, Any]]:
    """Word the posts for a host: by address, without a word of them, and when the school took a copy of each."""
    return [{**_post(post), "captured": _captured(source, post)} for post in _posts(source)]


def _captured(source: Json, post: Json) -> str:
    """Say when a post was captured first; where no copy could be taken, when the school saw it."""
    for exhibit in _exhibits(source):
        if post["n"] in exhibit["posts"]:
            return f"Captured by us {wording.on_day_at(exhibit['captured_at'])}: {exhibit['exhibit']}"
    return f"Seen by us {wording.on_day_at(post['seen_at'])}; no copy was taken"


def _complained_of(source: Json) -> list[dict[str, Any]]:
    """Word the posts for a notice: the very words, and the address at which they stand."""
    return [{**_post(post), "words": words(post.get("quote"))} for post in _posts(source)]


def _told(source: Json) -> list[dict[str, Any]]:
    """Word the posts for whoever is to look into them: what they say, or why that is not repeated, and our copy."""
    return [
        {
            **_post(post),
            "posted": outside_wording.on_date_at(post["posted_at"]),
            "said": f"“{quote}”" if (quote := words(post.get("quote"))) else words(post.get("summary")) or NOT_TOLD,
            "exhibit": words(post.get("exhibit")),
        }
        for post in _posts(source)
    ]


def _kept(source: Json) -> list[dict[str, Any]]:
    """Word the exhibits: what each is, and the hash by which the file proves to be the one captured."""
    return [
        {
            "exhibit": exhibit["exhibit"],
            "posts": list(exhibit["posts"]),
            "what": outside_wording.METHODS.get(exhibit["method"], exhibit["method"]),
            "captured": outside_wording.on_date_at(exhibit["captured_at"]),
            "sha256": exhibit["sha256"],
        }
        for exhibit in _exhibits(source)
    ]


def _suspect(source: Json) -> dict[str, Any] | None:
    """Word who is taken for the poster, how surely and why; of a child no name is written down."""
    found = _facts(source, "suspect")
    if found is None:
        return None
    is_child = found["kind"] == "pupil"
    confidence = found.get("confidence")
    return {
        "name": None if is_child else words(found.get("name")),
        "who": outside_wording.reporter_of(found) or None,
        "confidence": outside_wording.CONFIDENCE[confidence] if confidence else None,
        "basis": outside_wording.basis(found),
        "is_child": is_child,
        "answers_for_child": found.get("capacity") == "responsible_adult",
    }


def _steps(source: Json, without: Collection[str] = ()) -> list[dict[str, Any]]:
    """Word what happened before, each with its day."""
    return [
        {"on": wording.on_day(step["occurred_at"]), "what": outside_wording.step(step["step"], step["codes"])}
        for step in _facts(source, "steps") or ()
        if step["step"] not in without
    ]


def _referred(source: Json) -> str:
    """Say how and when the police were told first."""
    return f"{outside_wording.ROUTES[_facts(source, 'route')]}, at {wording.by_when(source['event']['occurred_at'])}"


def _grounds(source: Json) -> list[dict[str, Any]]:
    """Word why the police are told, as boxes to tick; another reason stands beside its box as the school put it."""
    given, crime = _facts(source, "grounds"), words(_facts(source, "crime"))
    other = outside_wording.GROUNDS["crime_suspected"] + (f": {crime}" if crime else ".")
    said = {**outside_wording.GROUNDS, "crime_suspected": other}
    return _boxes(said, given)


def _boxes(said: Mapping[str, str], given: Collection[str] | None) -> list[dict[str, Any]]:
    """Return a box to tick for each code, in the table's order."""
    return [{"is_ticked": code in (given or ()), "words": each} for code, each in said.items()]


def _rule(source: Json) -> str:
    """Say which of the site's rules are meant."""
    if _facts(source, "basis") == UNDERAGE:
        return outside_wording.AGE_RULE
    return outside_wording.RULES[find(source, "case.primary") or "C0"]


def _is_childs(source: Json) -> bool:
    return bool(find(source, "case.kind") == "child_account" or _facts(source, "basis") == UNDERAGE)


def _ages(source: Json) -> dict[str, Any] | None:
    """Return the age that the policy names, and the site's own as far as we know it, where the account is a child's."""
    if not _is_childs(source):
        return None
    return {"policy": int(find(source, "policy.minimum_age")), "site": wording.SITE_AGES.get(_facts(source, "host"))}


def _unaddressed(source: Json) -> Iterator[Problem]:
    """Refuse what names no post, or one that nobody could find."""
    yield from _postless(source)
    for index, post in enumerate(_posts(source)):
        if not words(post.get("url")):
            yield Problem(code="missing", path=f"posts[{index}].url", expected="the address of the post")


def _lacks_ages(source: Json) -> Iterator[Problem]:
    yield from _unaddressed(source)
    if _is_childs(source) and not find(source, "policy.minimum_age"):
        yield Problem(code="missing", path="policy.minimum_age", expected="the age that the policy names")


REQUIRED: Mapping[str, str] = {
    "inaccurate": "true: the notice says what in the posts is wrong or unsupported",
    "poster_unknown": "true: the complainant does not know enough of the poster to sue",
}
"""Particulars of a notice for which only yes will do."""


def _not_yet_a_notice(source: Json) -> Iterator[Problem]:
    """Name everything that a notice under section 5 (SI 2013/3028) is nothing without."""
    yield from _unaddressed(source)
    for index, post in enumerate(_posts(source)):
        if not words(post.get("quote")):
            yield Problem(code="missing", path=f"posts[{index}].quote", expected="the words complained of")
    kind = _facts(source, "complainant.kind")
    if kind not in NATURAL:
        expected = "an adult or a member of staff, in whose own name it is: never a school, a group or a child"
        yield Problem(code="not_a_person", path="facts.complainant.kind", expected=expected)
    for name, expected in REQUIRED.items():
        if _facts(source, f"particulars.{name}") is not True:
            yield Problem(code="missing", path=f"facts.particulars.{name}", expected=expected)
    if not isinstance(_facts(source, "particulars.consent_to_pass_name"), bool):
        expected = "true or false: whether the poster may be told who complains"
        yield Problem(code="missing", path="facts.particulars.consent_to_pass_name", expected=expected)
    if _facts(source, "is_poster_known"):
        expected = "a poster whom the case does not know; against a known one there is no such notice"
        yield Problem(code="poster_known", path="facts.is_poster_known", expected=expected)


def _postless(source: Json) -> Iterator[Problem]:
    if not _posts(source):
        yield Problem(code="missing", path="posts", expected="at least one post")


def _greeting(recipients: Sequence[Json]) -> str:
    """Greet the adviser by name, if it is known."""
    return f"Dear {recipients[0].get('name') or 'colleague'}"


def _letters(source: Json) -> list[dict[str, Any]]:
    """Word the letters of the case, each once, with everything that became of it and the hash of its pages."""
    known = {**RECIPIENTS, _facts(source, "suspect.label"): "the poster"}
    found: dict[str, dict[str, Any]] = {}
    for each in source.get("earlier_letters") or ():
        row = CATALOGUE.get(each["template"])
        said = outside_wording.sent(each["state"], each["channel"], each["occurred_at"])
        kept = found.setdefault(
            each["letter_id"],
            {
                "what": f"{each['template']} {row.name.replace('_', ' ')}" if row else each["template"],
                "to": known.get(each["party"], "somebody else"),
                "proofs": [],
                "sha256": each["pdf_sha256"],
            },
        )
        kept["proofs"].append(said)
    return list(found.values())


def _cases(source: Json) -> list[dict[str, Any]]:
    """Word the cases of a return: date, type, characteristic, outcome; nothing that leads to a person."""
    return [
        {
            "on": wording.on_date(case["on"]),
            "type": "; ".join(each["name"] for each in case["types"]) or "other",
            "characteristic": _listed(case["characteristics"]) or "not noted",
            "outcome": outside_wording.outcome(case.get("outcome"), case["actions"]),
        }
        for case in _facts(source, "return.cases") or ()
    ]


def _counts(source: Json) -> list[dict[str, Any]]:
    """Count the cases of a return by characteristic."""
    cases = _facts(source, "return.cases") or ()
    counted = {
        said: sum(code in case["characteristics"] for case in cases)
        for code, said in outside_wording.CHARACTERISTICS.items()
    }
    return [{"characteristic": said, "count": count} for said, count in counted.items() if count]


def _listed(codes: Sequence[str]) -> str:
    return "; ".join(outside_wording.CHARACTERISTICS[code] for code in codes)


_NOTED = (
    Field("posts", "", _told),
    Field("suspect", "", _suspect),
    Field("exhibits", "", _kept),
)
"""What whoever looks into a matter is told of it."""

OUTSIDE_LETTERS: Mapping[str, Takes] = {
    "L07": Takes(
        fields=(
            Field("site", "facts.host", wording.platform, "the site that is asked"),
            Field("rule", "", _rule),
            Field("ages", "", _ages),
            Field("posts", "", _reported),
        ),
        slots=NOTE,
        lacks=_lacks_ages,
        has_posts=False,
        has_policy=False,
    ),
    "L08": Takes(
        fields=(
            Field("email", "facts.complainant.email", str, "an e-mail address of the complainant's own"),
            Field("posts", "", _complained_of),
            Field("meaning", "facts.particulars.meaning", words, "what the complainant takes the words to mean"),
            *(Field(name, f"slots.{name}", words) for name in OWN_WORDS),
            Field("passes_name", "facts.particulars.consent_to_pass_name", bool),
            Field("passes_email", "facts.particulars.consent_to_pass_email", bool),
        ),
        slots=OWN_WORDS,
        forms=dict.fromkeys(OWN_WORDS, words),
        lacks=_not_yet_a_notice,
        has_posts=False,
        has_policy=False,
    ),
    "L09": Takes(
        fields=(
            Field("is_in_danger", "facts.is_immediate", bool),
            Field("referred", "", _referred),
            Field("reference", "facts.police.reference", words),
            Field("grounds", "", _grounds),
            Field("account", "facts.account", words),
            *_NOTED,
            Field("steps", "", partial(_steps, without=INNER)),
            Field("laws", "facts.law_tags", partial(_boxes, outside_wording.LAWS)),
            Field("is_held", "holds", lambda holds: "police" in (holds or ())),
        ),
        slots=NOTE,
        lacks=_postless,
        has_posts=False,
        has_policy=False,
    ),
    "L10": Takes(
        fields=(
            Field("greeting", "recipients", _greeting),
            Field("question", "facts.question", words, "what the adviser is asked"),
            Field("limitation_on", "facts.limitation_on", wording.on_day, "a year after the first post"),
            *_NOTED,
            Field("steps", "", _steps),
            Field("letters", "", _letters),
        ),
        slots=NOTE,
        lacks=_postless,
        has_posts=False,
        has_policy=False,
    ),
    "L15": Takes(
        fields=(
            Field("said", "facts.said", words, "what was done, as the person was told"),
            Field("is_staff", "facts.party_kind", lambda kind: kind == "staff"),
            Field("is_about_child", "facts.about_kind", lambda kind: kind == "pupil"),
        ),
        slots=NOTE,
        has_posts=False,
        has_policy=False,
    ),
    "L19": Takes(
        fields=(
            Field("term", "facts.return.term", outside_wording.term, "the term that is returned"),
            Field("first", "facts.return.first", wording.on_date, "the first day of the term"),
            Field("last", "facts.return.last", wording.on_date, "the last day of the term"),
            Field("cases", "", _cases),
            Field("counts", "", _counts),
        ),
        slots=NOTE,
        has_posts=False,
        has_policy=False,
    ),
}
