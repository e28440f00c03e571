-- A page of the feed, one entry more than asked for, and the head, all as of one moment. At most `scan` positions are
-- looked at, so that a filter that lets little through costs a bounded time.
SELECT h.head, e.position, e.entry
FROM (SELECT coalesce(max(m.position), 0) AS head FROM {s}.event m) AS h
LEFT JOIN LATERAL (
  SELECT f.position, f.entry FROM {s}.event f
  WHERE f.position > %(after)b::bigint AND f.position <= %(after)b::bigint + %(scan)b::bigint
    AND (%(types)b::text[] IS NULL OR f.type LIKE ANY (%(types)b::text[]))
    AND (%(sensitivities)b::text[] IS NULL
      OR convert_from(f.entry, 'UTF8')::jsonb->'data'->>'sensitivity' = ANY (%(sensitivities)b::text[]))
  ORDER BY f.position
  LIMIT %(limit)b::bigint + 1
) AS e ON true
ORDER BY e.position
