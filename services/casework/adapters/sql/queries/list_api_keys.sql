SELECT key_id, school, subject, role, person, grants, created_at, expires_at, revoked_at, revoked_reason, last_used_on
FROM casework.api_key WHERE school = %s
ORDER BY created_at DESC, key_id
