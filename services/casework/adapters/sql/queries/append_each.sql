SELECT first_position, last_position, repeated, code, problem
  FROM {s}.append_each(%(commands)b, %(bodies_sha256)b, %(counts)b, %(entries)b, %(sealed)b)
