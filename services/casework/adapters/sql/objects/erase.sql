-- erase: destroy the secret named by an entry that says so. There is no way to erase without leaving that entry.
-- The row stays, without its secret, so that the case can never get another one. Repeated, it does nothing.
CREATE OR REPLACE FUNCTION {s}_keys.erase(p_position bigint) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  j jsonb;
BEGIN
  SELECT convert_from(e.entry, 'UTF8')::jsonb INTO j FROM {s}.event e
    WHERE e.position = p_position AND e.type = 'incident.erased.v1';
  IF j->'data'->>'key_id' IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'CW008', MESSAGE = format(
      'entry %s: expected an incident.erased.v1 that names a key, found %s', coalesce(p_position::text, 'none'),
      coalesce((SELECT e.type FROM {s}.event e WHERE e.position = p_position), 'no entry'));
  END IF;
  INSERT INTO {s}_keys.case_key AS k (id, erased_by) VALUES ((j->'data'->>'key_id')::uuid, p_position)
    ON CONFLICT (id) DO UPDATE SET master = NULL, wrapped = NULL, erased_by = p_position
    WHERE k.erased_by IS NULL;
END
$$;
REVOKE ALL ON FUNCTION {s}_keys.erase FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {s}_keys.erase TO casework_app;
