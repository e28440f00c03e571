-- rewrap: put a secret under a new master key, if it is still as the caller read it. True if it was changed.
CREATE OR REPLACE FUNCTION {s}_keys.rewrap(p_id uuid, p_old bytea, p_master text, p_wrapped bytea) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF p_master IS NULL OR p_wrapped IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed', MESSAGE =
      format('key %s: expected a master key and a wrapped secret, found none', p_id);
  END IF;
  UPDATE {s}_keys.case_key k SET master = p_master, wrapped = p_wrapped WHERE k.id = p_id AND k.wrapped = p_old;
  RETURN FOUND;
END
$$;
REVOKE ALL ON FUNCTION {s}_keys.rewrap FROM PUBLIC;
