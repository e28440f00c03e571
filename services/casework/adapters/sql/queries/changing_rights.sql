-- Why the current role could change a record: no row where it cannot.
SELECT 'is a superuser' FROM pg_roles r WHERE r.rolname = current_user AND r.rolsuper
UNION ALL
SELECT DISTINCT 'may act as ' || o.rolname || ', which owns the record'
FROM casework.school s
JOIN pg_namespace n ON n.nspname = s.schema
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = ANY (%(tables)s)
JOIN pg_roles o ON o.oid = c.relowner
WHERE pg_has_role(current_user, c.relowner, 'MEMBER') AND o.rolname <> current_user
UNION ALL
SELECT DISTINCT 'owns the record'
FROM casework.school s
JOIN pg_namespace n ON n.nspname = s.schema
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = ANY (%(tables)s)
JOIN pg_roles o ON o.oid = c.relowner
WHERE o.rolname = current_user
UNION ALL
SELECT format('may %%s %%I.%%I', p.privilege, s.schema, c.relname)
FROM casework.school s
JOIN pg_namespace n ON n.nspname = s.schema
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = ANY (%(tables)s)
CROSS JOIN unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE', 'INSERT', 'TRIGGER']) AS p(privilege)
WHERE CASE WHEN p.privilege IN ('UPDATE', 'INSERT')
    THEN has_any_column_privilege(c.oid, p.privilege) ELSE has_table_privilege(c.oid, p.privilege) END
  AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = current_user AND r.rolsuper)
  AND NOT pg_has_role(current_user, c.relowner, 'MEMBER')
