SELECT adult, pupil, kind, has_parental_responsibility, lives_with
FROM {s}.relation WHERE adult = ANY (%(ids)s) OR pupil = ANY (%(ids)s)
ORDER BY adult, pupil
