-- The roles of casework's database: run once by someone who may create roles (`casework migrate --sql` prints this).
-- None of them is a superuser, may create roles or databases, or may act as another.
--
--   casework_owner    owns the database and everything in it; used by `casework migrate` and `school add` only
--   casework_app      the services: reads the record, adds to it through {s}.append_all and nothing else
--   casework_auditor  reads the record, without any key
DO $$
DECLARE
  role name;
BEGIN
  FOREACH role IN ARRAY ARRAY['casework_owner', 'casework_app', 'casework_auditor'] LOOP
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = role) THEN
      EXECUTE pg_catalog.format('CREATE ROLE %I LOGIN', role);
    END IF;
    EXECUTE pg_catalog.format(
      'ALTER ROLE %I NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', role);
    -- A flood gets quick refusals, not a queue; an acknowledged entry is on the disk.
    EXECUTE pg_catalog.format('ALTER ROLE %I SET synchronous_commit = on', role);
    EXECUTE pg_catalog.format('ALTER ROLE %I SET timezone = %L', role, 'UTC');
  END LOOP;
  FOREACH role IN ARRAY ARRAY['casework_app', 'casework_auditor'] LOOP
    EXECUTE pg_catalog.format('ALTER ROLE %I SET statement_timeout = %L', role, '5s');
    EXECUTE pg_catalog.format('ALTER ROLE %I SET lock_timeout = %L', role, '2s');
    EXECUTE pg_catalog.format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', role, '10s');
  END LOOP;
END
$$;
