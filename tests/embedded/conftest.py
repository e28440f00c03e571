"""Load the fixtures of this folder; they are of no use elsewhere."""

from tests.embedded.fix_embedded import folder, user

__all__ = ["folder", "user"]
