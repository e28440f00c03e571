"""HTTP: each view parses, calls one use case, represents. Beside ``adapters``, which it may not import."""
