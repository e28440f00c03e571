-- Tiles that are kept otherwise than they are given. Tiles are never changed in place: who may add and drop may no more.
DELETE FROM {s}.tile t
USING unnest(%(levels)b::smallint[], %(numbers)b::bigint[], %(hashes)b::bytea[], %(roots)b::bytea[])
  AS g(level, n, hashes, root)
WHERE t.level = g.level AND t.n = g.n AND (t.hashes, t.root) IS DISTINCT FROM (g.hashes, g.root)
