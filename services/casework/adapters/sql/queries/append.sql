SELECT first_position, last_position, repeated
  FROM {s}.append(%(command)b, %(body_sha256)b, %(entries)b, %(sealed)b)
