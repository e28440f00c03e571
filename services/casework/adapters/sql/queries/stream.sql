-- One stream and its key, in one trip. The key is looked up once, not joined: a join planned while the tables are
-- empty would later scan them. Entries of `access.*` are sealed under the school's own key.
WITH stream_key AS MATERIALIZED (
  SELECT k.id, k.master, k.wrapped FROM {keys}.case_key k WHERE k.id = coalesce((
    SELECT r.stream FROM {s}.record r, {s}.event f
    WHERE f.stream = %(stream)b AND f.version = 1 AND starts_with(f.type, 'access.')), %(stream)b)
)
SELECT e.position, e.version, e.type, e.entry, e.sealed,
  (SELECT k.id FROM stream_key k), (SELECT k.master FROM stream_key k), (SELECT k.wrapped FROM stream_key k)
FROM {s}.event e
WHERE e.stream = %(stream)b AND e.version > %(gt)b AND e.version <= %(lte)b
ORDER BY e.version * %(direction)b::integer
LIMIT %(limit)b
