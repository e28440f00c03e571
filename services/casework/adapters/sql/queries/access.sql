-- A page of who read, exported or was refused what, one entry more than asked for, each with the case that it is about:
-- a download's is that of the export. And the head, all as of one moment. At most `scan` positions are looked at.
SELECT h.head, e.position, e.entry, e.about
FROM (SELECT coalesce(max(m.position), 0) AS head FROM {s}.event m) AS h
LEFT JOIN LATERAL (
  SELECT f.position, f.entry, a.about
  FROM {s}.event f
  CROSS JOIN LATERAL (SELECT convert_from(f.entry, 'UTF8')::jsonb->'data' AS data) AS d
  CROSS JOIN LATERAL (SELECT coalesce(d.data->>'incident', (
    SELECT convert_from(x.entry, 'UTF8')::jsonb->'data'->>'incident' FROM {s}.event x
    WHERE x.stream = (d.data->>'disclosure')::uuid AND x.version = 1))::uuid AS about) AS a
  WHERE f.position > %(after)b::bigint AND f.position <= %(after)b::bigint + %(scan)b::bigint
    AND (starts_with(f.type, 'access.') OR starts_with(f.type, 'disclosure.'))
    AND (%(incident)b::uuid IS NULL OR a.about = %(incident)b::uuid)
  ORDER BY f.position
  LIMIT %(limit)b::bigint + 1
) AS e ON true
ORDER BY e.position
