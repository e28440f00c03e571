SELECT version, time
FROM {s}.event
WHERE stream = %(stream)s
  AND (%(version)s::bigint IS NULL OR version = %(version)s::bigint)
  AND (%(position)s::bigint IS NULL OR position <= %(position)s::bigint)
  AND (%(instant)s::timestamptz IS NULL OR time <= %(instant)s::timestamptz)
ORDER BY version DESC
LIMIT 1
