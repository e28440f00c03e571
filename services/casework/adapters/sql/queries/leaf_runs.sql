-- The leaves after a position and up to another, joined, 256 at a time, each run after the position before it and how
-- many there are of it. A range at a time, so that a run is read by the index, whatever the planner knows of the table.
SELECT g.before, l.number, l.leaves
FROM generate_series(%(after)s::bigint, %(upto)s::bigint - 1, 256) AS g(before), LATERAL (
  SELECT count(*) AS number, string_agg(e.leaf, ''::bytea ORDER BY e.position) AS leaves
  FROM {s}.event e WHERE e.position > g.before AND e.position <= least(g.before + 256, %(upto)s::bigint)
) AS l
ORDER BY g.before
