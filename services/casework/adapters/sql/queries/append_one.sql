SELECT first_position, last_position, repeated FROM {s}.append(%b, %b, ARRAY[%b]::bytea[], ARRAY[%b]::bytea[])
