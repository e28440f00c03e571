"""Tamper evidence: the exact bytes of an entry, the tree over them, signed checkpoints, proofs, and checking them all.

Imports neither the domain nor the database: the standard library and cryptography only; `verify` without the latter.

In short. An *entry* is the canonical JSON of one event, personal fields as salted digests (`entry`). Its *leaf* is
``sha256(00 || entry)``; two subtrees side by side hash to ``sha256(01 || left || right)``; the *root* is the hash over
all leaves up to a size (`merkle`). A *checkpoint* is signed text of origin, size and root (`note`). A *proof* is the
few hashes that join an entry, or an older root, to a root (`proof`). So whoever holds a checkpoint can tell whether
anything under it was altered, removed, inserted or moved, and one entry can be shown alone, without its neighbours, and
without those of its personal fields that the reader may not see. The formats are public ones (RFC 8785, RFC 9901,
RFC 6962, C2SP signed-note, tlog-checkpoint, tlog-proof): code that nobody here wrote can check them.

    entry    build the bytes of an entry; derive disclosures
    merkle   root, inclusion, consistency, from leaves or anything that reads subtrees
    tiles    the tree in pieces of 256 hashes, that others fetch it by
    note     sign checkpoints
    proof    write proof files
    verify   check all of it, and a package as it was exported; one file that travels alone
    record   check a whole record, row by row; made of `rows`, `levels`, `command_rows`, `tree_level`
    plain    tell many rows at once that nothing stands out in them; what does is for `record` to look at

The others build and read back through `verify`, which imports none of them.
"""
