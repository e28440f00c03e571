-- The table of commands as casework.ledger.rows reads it (`Commands`), in order, as many a row as begin within 4,096
-- positions. A quotient, as what a row says there may have been altered to any number; or to nothing, which then reads
-- as what no entry says.
SELECT string_agg(uuid_send(key), '' ORDER BY first_position, key),
  string_agg(int8send(first_position), '' ORDER BY first_position, key),
  string_agg(int8send(last_position), '' ORDER BY first_position, key)
FROM (
  SELECT coalesce(key, '00000000-0000-0000-0000-000000000000') AS key,
    coalesce(first_position, 0) AS first_position, coalesce(last_position, 0) AS last_position
  FROM {s}.command
) AS command
GROUP BY first_position / 4096
ORDER BY first_position / 4096
