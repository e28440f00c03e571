-- keep_checkpoint: store a signed checkpoint before anybody is shown it. Checkpoints only grow.
CREATE OR REPLACE FUNCTION {s}.keep_checkpoint(p_size bigint, p_root bytea, p_note text) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  last bigint;
  head bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('{s}.checkpoint', 0));
  last := coalesce((SELECT max(c.size) FROM {s}.checkpoint c), 0);
  head := coalesce((SELECT max(e.position) FROM {s}.event e), 0);
  IF (p_size > last AND p_size <= head) IS NOT TRUE THEN
    RAISE EXCEPTION USING ERRCODE = 'CW009', MESSAGE = format(
      'checkpoint: expected a size from %s to %s, found %s', last + 1, head, coalesce(p_size::text, 'none'));
  END IF;
  INSERT INTO {s}.checkpoint (size, root, note) VALUES (p_size, p_root, p_note);
END
$$;
REVOKE ALL ON FUNCTION {s}.keep_checkpoint FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {s}.keep_checkpoint TO casework_app;
