INSERT INTO {s}.person (id, kind, name, job, year, dob, language, format)
VALUES (%(id)s, %(kind)s, %(name)s, %(job)s, %(year)s, %(dob)s, %(language)s, %(format)s)
ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, name = excluded.name, job = excluded.job, year = excluded.year,
  dob = excluded.dob, language = excluded.language, format = excluded.format, loaded_at = clock_timestamp()
