-- The last entries of one stream, the last one first, each with the key: else as in `stream`.
SELECT e.position, e.version, e.type, e.entry, e.sealed, k.id, k.master, k.wrapped
FROM {s}.event e
LEFT JOIN LATERAL (
  SELECT c.id, c.master, c.wrapped FROM {keys}.case_key c
  WHERE c.id = CASE WHEN starts_with(e.type, 'access.') THEN (SELECT r.stream FROM {s}.record r) ELSE e.stream END
  LIMIT 1
) AS k ON true
WHERE e.stream = %(stream)b AND e.version > %(gt)b AND e.version <= %(lte)b
ORDER BY e.version DESC
LIMIT %(limit)b
