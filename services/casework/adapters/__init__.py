"""What the use cases stand on: the Postgres recorder and its SQL, sealed keys, evidence files, the signer, the clock.

Beside ``api``, which may not import it: ``bootstrap`` puts the two together.
"""
