-- What a decision begins with, in one trip and as of one moment. The first row, which has no version, tells what is known
-- of the command, how far the policy is, the actor's family, and the key of the case; each further one is an entry of
-- it, in order. LIMIT 1 keeps the planner from turning a lookup into a join: see stream.sql.
SELECT c.body_sha256, c.first_position, c.last_position,
  (SELECT p.version FROM {s}.event p WHERE p.stream = %(policy)b ORDER BY p.version DESC LIMIT 1),
  ARRAY(
    SELECT unnest(ARRAY[r.adult, r.pupil]) FROM {s}.relation r
    WHERE r.pupil IN (SELECT o.pupil FROM {s}.relation o WHERE o.adult = %(person)b OR o.pupil = %(person)b)
  ),
  k.id, k.master, k.wrapped, NULL::bigint, NULL::integer, NULL::text, NULL::bytea, NULL::bytea
FROM (VALUES (true)) AS first
LEFT JOIN LATERAL (
  SELECT known.body_sha256, known.first_position, known.last_position FROM {s}.command known
  WHERE known.key = %(command)b LIMIT 1
) AS c ON true
LEFT JOIN LATERAL (
  SELECT kept.id, kept.master, kept.wrapped FROM {keys}.case_key kept WHERE kept.id = %(stream)b LIMIT 1
) AS k ON true
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, e.position, e.version, e.type, e.entry, e.sealed
FROM {s}.event e WHERE e.stream = %(stream)b
ORDER BY 10 NULLS FIRST
