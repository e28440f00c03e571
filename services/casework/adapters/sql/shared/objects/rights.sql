-- Keys are made and revoked by the operator, as the owner; a service notes no more than the day one was last used.
REVOKE ALL ON SCHEMA {s} FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA {s} FROM PUBLIC, casework_app, casework_auditor;
GRANT USAGE ON SCHEMA {s} TO casework_app, casework_auditor;
GRANT SELECT ON {s}.school, {s}.schema_version TO casework_app, casework_auditor;
GRANT SELECT ON {s}.api_key TO casework_app;
GRANT UPDATE (last_used_on) ON {s}.api_key TO casework_app;
