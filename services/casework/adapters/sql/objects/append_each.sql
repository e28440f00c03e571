-- append_each: several commands that came while one lock was held, each as `append` would take it, in one transaction.
--
-- A command that is refused leaves nothing, uses no number and keeps none of the others out: `code` and `problem` say
-- why, as the error that `append` raises. All that is written becomes durable together, in the order asked for.
CREATE OR REPLACE FUNCTION {s}.append_each(
    p_commands uuid[], p_bodies_sha256 bytea[], p_counts integer[], p_entries bytea[], p_sealed bytea[])
  RETURNS TABLE (first_position bigint, last_position bigint, repeated boolean, code text, problem text)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
  following integer := 1;
BEGIN
  -- Waited for here, once: who gets it too late has been refused as a whole, and may send all of them again.
  PERFORM pg_advisory_xact_lock(hashtextextended('{s}.event', 0));

  -- Nearly always none is refused, and all go in at once.
  BEGIN
    SELECT a.first_position, a.last_position, a.repeated INTO first_position, last_position, repeated
      FROM {s}.append_all(p_commands, p_bodies_sha256, p_counts, p_entries, p_sealed) AS a;
    IF repeated THEN  -- One alone: of several, a known one is refused.
      RETURN NEXT;
      RETURN;
    END IF;
    FOR i IN 1 .. cardinality(p_commands) LOOP
      last_position := first_position + p_counts[i] - 1;
      RETURN NEXT;
      first_position := last_position + 1;
    END LOOP;
    RETURN;
  EXCEPTION WHEN OTHERS THEN
    IF SQLSTATE !~ '^(CW|22|23)' THEN
      RAISE;  -- No fault of any one of them.
    END IF;
  END;

  FOR i IN 1 .. cardinality(p_commands) LOOP
    BEGIN
      code := NULL;
      problem := NULL;
      SELECT a.first_position, a.last_position, a.repeated INTO first_position, last_position, repeated
        FROM {s}.append(
          p_commands[i], p_bodies_sha256[i],
          p_entries[following : following + p_counts[i] - 1], p_sealed[following : following + p_counts[i] - 1]) AS a;
    EXCEPTION WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, problem = MESSAGE_TEXT;
      first_position := NULL;
      last_position := NULL;
      repeated := NULL;
    END;
    following := following + p_counts[i];
    RETURN NEXT;
  END LOOP;
END
$$;
REVOKE ALL ON FUNCTION {s}.append_each FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {s}.append_each TO casework_app;
