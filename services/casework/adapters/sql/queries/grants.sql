-- What was granted and withdrawn, by the index that holds nothing else; sealed under the school's own key.
SELECT e.position, e.stream, e.version, e.type, e.entry, e.sealed, k.id, k.master, k.wrapped
FROM {s}.event e
LEFT JOIN {keys}.case_key k ON k.id = (SELECT r.stream FROM {s}.record r)
WHERE e.type IN ('access.grant-given.v1', 'access.grant-withdrawn.v1')
ORDER BY e.position
