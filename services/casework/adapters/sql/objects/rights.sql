-- Who may do what with the tables. Functions name their callers beside their text; nothing is left to PUBLIC.
REVOKE ALL ON SCHEMA {s}, {s}_keys FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA {s}, {s}_keys FROM PUBLIC, casework_app, casework_auditor;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA {s}, {s}_keys FROM PUBLIC, casework_app, casework_auditor;

-- The record: read, and added to by {s}.append_all alone, which {s}.append and {s}.append_each call.
GRANT USAGE ON SCHEMA {s}, {s}_keys TO casework_app;
GRANT SELECT ON ALL TABLES IN SCHEMA {s}, {s}_keys TO casework_app;
GRANT INSERT, DELETE ON {s}.tile TO casework_app;

-- Beside the record.
GRANT INSERT, UPDATE, DELETE ON {s}.person, {s}.contact_point, {s}.relation TO casework_app;
GRANT INSERT, UPDATE, DELETE ON {s}.live_case TO casework_app;
GRANT UPDATE ON {s}.live_head TO casework_app;
GRANT USAGE ON SEQUENCE {s}.case_number TO casework_app;

-- Auditors verify: entries, leaves, checkpoints; no key and no directory.
GRANT USAGE ON SCHEMA {s} TO casework_auditor;
GRANT SELECT ON {s}.record, {s}.event, {s}.command, {s}.tile, {s}.checkpoint, {s}.schema_version TO casework_auditor;
