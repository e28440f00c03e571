-- One stream and its key, in one trip, in order of version. The first entry alone bears the key, which is that of all;
-- entries of `access.*` are sealed under the school's own. LIMIT 1 keeps the planner from turning the lookup into a join:
-- one planned while the tables are empty would later scan them. Versions have no gaps, so that whoever wants so many
-- entries says up to which version.
SELECT e.position, e.version, e.type, e.entry, e.sealed, k.id, k.master, k.wrapped
FROM {s}.event e
LEFT JOIN LATERAL (
  SELECT c.id, c.master, c.wrapped FROM {keys}.case_key c
  WHERE e.version = %(gt)b + 1
    AND c.id = CASE WHEN starts_with(e.type, 'access.') THEN (SELECT r.stream FROM {s}.record r) ELSE e.stream END
  LIMIT 1
) AS k ON true
WHERE e.stream = %(stream)b AND e.version > %(gt)b AND e.version <= %(lte)b
ORDER BY e.version
