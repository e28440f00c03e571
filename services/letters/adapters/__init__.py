"""What the use cases stand on: press, Postgres, casework's public API, the post. ``bootstrap`` joins them to ``api``."""
