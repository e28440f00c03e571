-- The table of commands as casework.ledger.rows reads it (`Commands`), in order, as many a row as begin within 4,096
-- positions. A quotient, as what a row says there may have been altered to any number.
SELECT string_agg(uuid_send(key), '' ORDER BY first_position, key),
  string_agg(int8send(first_position), '' ORDER BY first_position, key),
  string_agg(int8send(last_position), '' ORDER BY first_position, key)
FROM {s}.command
GROUP BY first_position / 4096
ORDER BY first_position / 4096
