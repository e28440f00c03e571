SELECT sha256, key_id, school, subject, role, person, grants, created_at, expires_at, revoked_at, revoked_reason,
  last_used_on
FROM casework.api_key WHERE key_id = %s
