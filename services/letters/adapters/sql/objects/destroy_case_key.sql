-- Takes a case's secret away for good; a case that has none yet is marked, so that none is made.
CREATE OR REPLACE FUNCTION letters.destroy_case_key(destroyed uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO letters.case_key (case_id, destroyed_at) VALUES (destroyed, now())
    ON CONFLICT (case_id) DO UPDATE
    SET wrapped = NULL, master_id = NULL, destroyed_at = coalesce(letters.case_key.destroyed_at, now());
$$;
