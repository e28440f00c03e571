SELECT position, stream, version, type, time, command, entry, sealed, leaf, recorded_at
FROM {s}.event WHERE stream = %(stream)s AND position > %(after)s AND position <= %(upto)s
ORDER BY position
