-- Rows as casework.ledger.rows reads them: what was copied out of an entry, as the entry writes it.
SELECT position, stream::text, version, type, to_char(time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
  command::text, entry, leaf, CASE WHEN %(with_sealed)s THEN sealed END
FROM {s}.event
WHERE position > %(after)s AND position <= %(upto)s AND (%(stream)s::uuid IS NULL OR stream = %(stream)s::uuid)
ORDER BY position
