SELECT sha256, revoked_at, expires_at, last_used_on, school, subject, role, person, grants
FROM casework.api_key WHERE key_id = %(key_id)b
