-- Every erasure on the record, and whether the key that it names is there again (a copy of the keys was put back).
SELECT e.stream, e.position, k.wrapped IS NOT NULL
FROM {s}.event e
LEFT JOIN {keys}.case_key k ON k.id = (convert_from(e.entry, 'UTF8')::jsonb->'data'->>'key_id')::uuid
WHERE e.type = 'incident.erased.v1'
ORDER BY e.position
