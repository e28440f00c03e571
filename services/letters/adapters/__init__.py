"""What the use cases stand on: press, Postgres, casework's public API, post. ``bootstrap`` joins them to ``api``."""
