INSERT INTO {s}.relation (adult, pupil, kind, has_parental_responsibility, lives_with)
VALUES (%(adult)s, %(pupil)s, %(kind)s, %(has_parental_responsibility)s, %(lives_with)s)
