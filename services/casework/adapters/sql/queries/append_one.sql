SELECT first_position, last_position, repeated
  FROM {s}.append_all(
    ARRAY[%(command)b]::uuid[], ARRAY[%(body_sha256)b]::bytea[], ARRAY[1],
    ARRAY[%(entry)b]::bytea[], ARRAY[%(sealed)b]::bytea[])
