SELECT position, stream, version, type, time, command, entry, sealed, leaf, recorded_at
FROM {s}.event WHERE position > %(after)s AND position <= %(upto)s
ORDER BY position
