-- Entries by position, each with its key. LIMIT 1 keeps the planner from turning the lookup into a join.
SELECT e.position, e.stream, e.version, e.type, e.entry, e.sealed, k.id, k.master, k.wrapped
FROM {s}.event e
LEFT JOIN LATERAL (
  SELECT c.id, c.master, c.wrapped FROM {keys}.case_key c
  WHERE c.id = CASE WHEN starts_with(e.type, 'access.') THEN (SELECT r.stream FROM {s}.record r) ELSE e.stream END
  LIMIT 1
) AS k ON true
WHERE e.position >= %(first)b AND e.position <= %(last)b
  AND (%(types)b::text[] IS NULL OR e.type = ANY (%(types)b::text[]))
ORDER BY e.position
LIMIT %(limit)b
