-- The database itself: run by its owner, in it. {database} is its name.
REVOKE ALL ON DATABASE {database} FROM PUBLIC;
GRANT CONNECT ON DATABASE {database} TO casework_app, casework_auditor;
-- Functions are executable by everybody unless this says otherwise; each one names its callers beside its text.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
