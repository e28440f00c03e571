-- The roots of some tiles of a level, as far as they are there.
SELECT t.n, t.root FROM {s}.tile t
WHERE t.level = %(level)s::smallint AND t.n >= %(first)s::bigint AND t.n < %(end)s::bigint
