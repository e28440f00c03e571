SELECT e.position, e.stream, e.version, e.type, e.entry
FROM {s}.event e
WHERE e.position > %(after)s AND e.position <= %(upto)s AND starts_with(e.type, 'incident.')
ORDER BY e.position
