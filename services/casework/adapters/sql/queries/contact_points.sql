SELECT person, kind, lines, source, is_confidential, has_court_order, verified_by
FROM {s}.contact_point WHERE person = ANY (%s)
ORDER BY person, n
