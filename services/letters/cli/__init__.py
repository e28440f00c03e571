"""The command line of letters: what the office asks for, what runs the service, and what looks after its templates."""

from letters.cli.program import main

__all__ = ["main"]
