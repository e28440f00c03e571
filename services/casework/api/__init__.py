"""HTTP: each view parses, calls one use case, represents. No rule, no SQL, no branch on the state of a case.

Beside ``adapters``, which it may not import: ``bootstrap`` puts the two together.
"""
