-- Streams whole, one after the other, each entry with the key of its stream: for reading many cases in one pass.
SELECT e.position, e.version, e.type, e.entry, e.sealed, k.id, k.master, k.wrapped, e.stream
FROM {s}.event e
LEFT JOIN {keys}.case_key k ON k.id = e.stream
WHERE starts_with(e.type, %(kind)b) AND (%(only)b::uuid[] IS NULL OR e.stream = ANY (%(only)b::uuid[]))
ORDER BY e.stream, e.version
