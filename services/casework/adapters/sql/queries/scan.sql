SELECT position, stream, version, type, entry, sealed
FROM {s}.event
WHERE position > %(after)s AND position <= %(upto)s AND (%(stream)s::uuid IS NULL OR stream = %(stream)s::uuid)
ORDER BY position
