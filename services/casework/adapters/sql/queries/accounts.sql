SELECT k.subject, k.role, coalesce(k.person, k.subject) AS person, p.name, p.job,
  bool_or(k.revoked_at IS NULL AND k.expires_at > %(now)s) AS is_good
FROM casework.api_key k
JOIN casework.school c ON c.name = k.school AND c.schema = %(schema)s
LEFT JOIN {s}.person p ON p.id = coalesce(k.person, k.subject)
GROUP BY 1, 2, 3, 4, 5
ORDER BY 1, 2, 3
