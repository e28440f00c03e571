"""The command line `casework`: running it, setting a school up, checking its record, and asking it over HTTP.

Operator's commands go straight to the database; content of cases is reached by the client commands alone, over HTTP and
with a key, so that each read is recorded.
"""

from casework.cli.program import main

__all__ = ["main"]
