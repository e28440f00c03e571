-- What each tile asked for is, in the order asked for: a full one as it is kept, and its root; one that is not full made
-- of the leaves, or of the roots of the full tiles below it. Null or too short where something is not there. Subqueries
-- and no join: one that is planned while there are no tiles would later read them all.
SELECT CASE
    WHEN q.width = 256 THEN (SELECT t.hashes FROM {s}.tile t WHERE t.level = q.level AND t.n = q.n)
    WHEN q.level = 0 THEN (
      SELECT string_agg(e.leaf, ''::bytea ORDER BY e.position) FROM {s}.event e
      WHERE e.position > q.n * 256 AND e.position <= q.n * 256 + q.width)
    ELSE (
      SELECT string_agg(t.root, ''::bytea ORDER BY t.n) FROM {s}.tile t
      WHERE t.level = q.level - 1 AND t.n >= q.n * 256 AND t.n < q.n * 256 + q.width)
  END,
  CASE WHEN q.width = 256 THEN (SELECT t.root FROM {s}.tile t WHERE t.level = q.level AND t.n = q.n) END
FROM unnest(%(levels)b::smallint[], %(numbers)b::bigint[], %(widths)b::integer[])
  WITH ORDINALITY AS q(level, n, width, o)
ORDER BY q.o
