"""What the policy says: pure functions over frozen values. No HTTP, SQL, clock or files.

Read from the ground up: ``event`` (what every event carries), ``incident`` (the state of one case), ``folding`` (how it
comes of events), ``rules`` (R01 ...), ``decision`` (what a decision is, and its evaluation), ``steps`` (one room per
step of the policy).
"""
