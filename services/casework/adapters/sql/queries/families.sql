SELECT adult, pupil FROM {s}.relation
WHERE pupil IN (SELECT r.pupil FROM {s}.relation r WHERE r.adult = ANY (%(ids)b) OR r.pupil = ANY (%(ids)b))
ORDER BY adult, pupil
