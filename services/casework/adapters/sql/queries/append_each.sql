SELECT first_position, last_position, repeated, code, problem FROM {s}.append_each(%b, %b, %b, %b, %b)
