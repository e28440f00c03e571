-- The roles of the letters service. Run by whoever may create roles; `letters migrate --sql` prints it.
--   letters_owner  owns the database; migrate only
--   letters_app    the service: reads and adds, and alters nothing that was recorded
-- The limits are what keeps one slow query from holding up everybody.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'letters_owner') THEN
        CREATE ROLE letters_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'letters_app') THEN
        CREATE ROLE letters_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
    END IF;
END
$$;
ALTER ROLE letters_owner NOSUPERUSER NOCREATEDB NOCREATEROLE;
ALTER ROLE letters_app NOSUPERUSER NOCREATEDB NOCREATEROLE;
ALTER ROLE letters_app SET statement_timeout = '5s';
ALTER ROLE letters_app SET lock_timeout = '2s';
ALTER ROLE letters_app SET idle_in_transaction_session_timeout = '10s';
ALTER ROLE letters_app SET synchronous_commit = 'on';
