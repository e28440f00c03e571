"""What the use cases stand on: the press, Postgres, casework's public API, the post. ``bootstrap`` joins them."""
