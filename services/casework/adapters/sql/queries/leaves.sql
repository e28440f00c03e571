SELECT position, leaf FROM {s}.event WHERE position > %(after)s AND position <= %(upto)s ORDER BY position
