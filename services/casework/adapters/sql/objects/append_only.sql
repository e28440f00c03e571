-- Append-only, whoever asks: rights stop the services, these triggers stop the owner, and ENABLE ALWAYS stops a
-- superuser who sets session_replication_role = replica. Who drops a trigger leaves a record that no longer verifies.
CREATE OR REPLACE FUNCTION {s}.refuse_change() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION USING
    ERRCODE = 'insufficient_privilege',
    MESSAGE = format('%I.%I: the record is only ever added to; %s is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP);
END
$$;
REVOKE ALL ON FUNCTION {s}.refuse_change() FROM PUBLIC;

CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON {s}.record
  FOR EACH ROW EXECUTE FUNCTION {s}.refuse_change();
CREATE OR REPLACE TRIGGER never_truncated BEFORE TRUNCATE ON {s}.record
  FOR EACH STATEMENT EXECUTE FUNCTION {s}.refuse_change();
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON {s}.event
  FOR EACH ROW EXECUTE FUNCTION {s}.refuse_change();
CREATE OR REPLACE TRIGGER never_truncated BEFORE TRUNCATE ON {s}.event
  FOR EACH STATEMENT EXECUTE FUNCTION {s}.refuse_change();
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON {s}.command
  FOR EACH ROW EXECUTE FUNCTION {s}.refuse_change();
CREATE OR REPLACE TRIGGER never_truncated BEFORE TRUNCATE ON {s}.command
  FOR EACH STATEMENT EXECUTE FUNCTION {s}.refuse_change();
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON {s}.checkpoint
  FOR EACH ROW EXECUTE FUNCTION {s}.refuse_change();
CREATE OR REPLACE TRIGGER never_truncated BEFORE TRUNCATE ON {s}.checkpoint
  FOR EACH STATEMENT EXECUTE FUNCTION {s}.refuse_change();

ALTER TABLE {s}.record ENABLE ALWAYS TRIGGER append_only, ENABLE ALWAYS TRIGGER never_truncated;
ALTER TABLE {s}.event ENABLE ALWAYS TRIGGER append_only, ENABLE ALWAYS TRIGGER never_truncated;
ALTER TABLE {s}.command ENABLE ALWAYS TRIGGER append_only, ENABLE ALWAYS TRIGGER never_truncated;
ALTER TABLE {s}.checkpoint ENABLE ALWAYS TRIGGER append_only, ENABLE ALWAYS TRIGGER never_truncated;
