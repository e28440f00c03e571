-- append: one command's entries into the record, all or none; see append_all.
CREATE OR REPLACE FUNCTION {s}.append(
    p_command uuid, p_body_sha256 bytea, p_entries bytea[], p_sealed bytea[],
    OUT first_position bigint, OUT last_position bigint, OUT repeated boolean)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  SELECT a.first_position, a.last_position, a.repeated INTO first_position, last_position, repeated
    FROM {s}.append_all(ARRAY[p_command], ARRAY[p_body_sha256], ARRAY[cardinality(p_entries)], p_entries, p_sealed) AS a;
END
$$;
REVOKE ALL ON FUNCTION {s}.append FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {s}.append TO casework_app;
