-- The checkpoint of a size, or the latest, and with it the leaf of an entry that is to be proved; null if it is not there.
SELECT c.size, c.note, (SELECT e.leaf FROM {s}.event e WHERE e.position = %(position)b)
FROM {s}.checkpoint c
WHERE c.size = coalesce(%(size)b, (SELECT max(size) FROM {s}.checkpoint))
