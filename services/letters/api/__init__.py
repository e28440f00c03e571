"""HTTP: parse, call one use case, represent. Beside ``adapters``, and never imports them."""
