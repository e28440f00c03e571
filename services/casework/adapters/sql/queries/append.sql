SELECT first_position, last_position, repeated FROM {s}.append(%b, %b, %b, %b)
