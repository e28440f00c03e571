SELECT adult, pupil FROM {s}.relation
WHERE pupil IN (SELECT r.pupil FROM {s}.relation r WHERE r.adult = ANY (%(ids)s) OR r.pupil = ANY (%(ids)s))
ORDER BY adult, pupil
