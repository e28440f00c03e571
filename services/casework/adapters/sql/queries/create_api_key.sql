INSERT INTO casework.api_key (key_id, sha256, school, subject, role, person, grants, created_at, expires_at)
VALUES (%(key_id)s, %(sha256)s, %(school)s, %(subject)s, %(role)s, %(person)s, %(grants)s, %(created_at)s,
  %(expires_at)s)
