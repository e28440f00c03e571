-- keep: store the wrapped secret of a case, or return the one that is there. Two first writers agree on one secret;
-- null means that it was erased.
CREATE OR REPLACE FUNCTION {s}_keys.keep(p_id uuid, INOUT p_master text, INOUT p_wrapped bytea)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
BEGIN
  IF p_wrapped IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed', MESSAGE =
      format('key %s: expected a wrapped secret, found none', p_id);
  END IF;
  INSERT INTO {s}_keys.case_key (id, master, wrapped) VALUES (p_id, p_master, p_wrapped) ON CONFLICT DO NOTHING;
  SELECT k.master, k.wrapped INTO STRICT p_master, p_wrapped FROM {s}_keys.case_key k WHERE k.id = p_id;
END
$$;
REVOKE ALL ON FUNCTION {s}_keys.keep FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {s}_keys.keep TO casework_app;
