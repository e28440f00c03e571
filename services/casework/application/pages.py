"""A page of a list, whatever stands in it: its rows, where to go on, whether there is more now."""

from typing import Generic, TypeVar

import msgspec

Row = TypeVar("Row")


class Page(msgspec.Struct, Generic[Row], frozen=True, kw_only=True):
    """Some rows of a list; `next` is what to send as `after` to go on, and passes what is not for this caller."""

    rows: tuple[Row, ...]
    next: int
    has_more: bool
