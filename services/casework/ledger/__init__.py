"""Tamper evidence: the exact bytes of an entry, the tree over them, signed checkpoints, proofs, and checking them all.

Imports neither the domain nor the database: the standard library and cryptography only; ``verify`` without the latter.
"""
