-- Recorded is recorded: nobody changes an event or sealed content. Rights stop the service (but see rights.sql on locks);
-- these triggers stop it too, and the owner; ENABLE ALWAYS stops a session that replicates.
CREATE OR REPLACE FUNCTION letters.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'insufficient_privilege',
        MESSAGE = format('%I.%I is only ever added to; %s is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP);
END
$$;

CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON letters.letters_events
FOR EACH ROW EXECUTE FUNCTION letters.refuse_change();
CREATE OR REPLACE TRIGGER append_only_whole BEFORE TRUNCATE ON letters.letters_events
FOR EACH STATEMENT EXECUTE FUNCTION letters.refuse_change();

CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON letters.sealed
FOR EACH ROW EXECUTE FUNCTION letters.refuse_change();
CREATE OR REPLACE TRIGGER append_only_whole BEFORE TRUNCATE ON letters.sealed
FOR EACH STATEMENT EXECUTE FUNCTION letters.refuse_change();

ALTER TABLE letters.letters_events ENABLE ALWAYS TRIGGER append_only, ENABLE ALWAYS TRIGGER append_only_whole;
ALTER TABLE letters.sealed ENABLE ALWAYS TRIGGER append_only, ENABLE ALWAYS TRIGGER append_only_whole;
