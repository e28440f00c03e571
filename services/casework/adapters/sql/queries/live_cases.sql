-- As of one moment: whether the models are behind the record, and if they are not, all of them.
-- Behind is also who passed over `passed_max` entries of other kinds: the next reader would look at them again.
-- Both parts are worked out once, not joined: joined, they would be asked again for each case.
WITH head AS MATERIALIZED (
  SELECT h.form, h.position, coalesce((SELECT max(m.position) FROM {s}.event m), 0) AS last FROM {s}.live_head h
), state AS MATERIALIZED (
  SELECT h.form <> %(form)b OR h.last - h.position NOT BETWEEN 0 AND %(passed_max)b::integer OR EXISTS (
    SELECT FROM {s}.event e
    WHERE e.position > h.position AND e.position <= h.position + %(passed_max)b::integer
      AND starts_with(e.type, 'incident.')
  ) AS is_behind
  FROM head h
)
SELECT s.is_behind, l.incident, l.folded::text
FROM state s
LEFT JOIN {s}.live_case l ON NOT s.is_behind
ORDER BY l.incident
