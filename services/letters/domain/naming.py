"""How a letter gets its id and its reference.

The id is derived from the cause, so that reading the feed twice drafts once: whoever computes it again gets the same
id, and the store refuses a second first event. Format (RFC 9562 5.5, UUID version 5)::

    letter id = uuid5(NAMESPACE, "<event id>|<template, no version>|<party id of the recipient>")
    resend    = uuid5(NAMESPACE, "<old letter id>|resend|<n>")

Worked example: ``7c9e6679-7425-40de-944b-e07fc1f90ae7/12|L04|p-mallinson`` gives
``140846ae-deed-58dd-9bf4-17320d9e93d9``.
"""

from uuid import UUID, uuid5

NAMESPACE = UUID("6f1c2a52-7f0e-4b5f-9d3b-0d2f1c5b7a11")

UNRESOLVED = "unresolved"
"""Stands for the recipient while casework does not answer for an event; the letter is drafted to a person later."""
GONE = "gone"
"""Stands for the recipient where casework says that the event is not there for us (404, 410): never tried again."""


def letter_id(cause: str, template: str, party: str) -> UUID:
    """Return the id of the letter that this event causes, from this template, to this party."""
    return uuid5(NAMESPACE, f"{cause}|{template}|{party}")


def parked_id(cause: str) -> UUID:
    """Return the stream of a cause that was set aside because its version is not known here."""
    return uuid5(NAMESPACE, f"{cause}|parked")


def resend_id(letter: UUID, number: int) -> UUID:
    """Return the id of the letter that is sent in place of this one, for the ``number``-th time, from 1."""
    return uuid5(NAMESPACE, f"{letter}|resend|{number}")


def our_ref(case_reference: str, template: str, letter: UUID) -> str:
    """Return the reference printed on the letter, ``<case>/<template>-<6 hex>``, e.g. ``RL-2026-0031/L04-140846``."""
    return f"{case_reference}/{template}-{letter.hex[:6]}"


def file_stem(our_ref: str | None, letter: UUID) -> str:
    """Return what a letter's files are called where they are laid out, without their endings; no point is in it."""
    return (our_ref or str(letter)).replace("/", "_").replace(".", "_")
