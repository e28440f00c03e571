INSERT INTO {s}.tile (level, n, hashes, root)
SELECT g.level, g.n, g.hashes, g.root
FROM unnest(%(levels)b::smallint[], %(numbers)b::bigint[], %(hashes)b::bytea[], %(roots)b::bytea[])
  AS g(level, n, hashes, root)
ON CONFLICT DO NOTHING
