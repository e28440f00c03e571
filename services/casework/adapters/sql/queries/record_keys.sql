-- The keys that the record names, in order: that of its first entry, then each that took the place of another.
SELECT e.position, j->'data'->>'old', coalesce(j->'data'->>'new', j->'data'->>'key')
FROM {s}.event e, LATERAL (SELECT convert_from(e.entry, 'UTF8')::jsonb) AS parsed(j)
WHERE e.stream = (SELECT r.stream FROM {s}.record r)
  AND e.type IN ('record.opened.v1', 'record.key-rotated.v1') AND e.position <= %(upto)s
ORDER BY e.version
