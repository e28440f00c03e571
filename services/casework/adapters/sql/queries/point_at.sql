SELECT version, time
FROM {s}.event
WHERE stream = %(stream)b
  AND (%(version)b::bigint IS NULL OR version = %(version)b::bigint)
  AND (%(position)b::bigint IS NULL OR position <= %(position)b::bigint)
  AND (%(instant)b::timestamptz IS NULL OR time <= %(instant)b::timestamptz)
ORDER BY version DESC
LIMIT 1
