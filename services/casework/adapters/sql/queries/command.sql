SELECT body_sha256, first_position, last_position FROM {s}.command WHERE key = %(command)b
