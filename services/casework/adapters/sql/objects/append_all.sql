-- append_all: the only way into the record. One transaction: lock, gapless positions, leaves, entries, command keys.
--
-- Several commands go in together or not at all: `p_counts` says how many of the entries are whose, in order. A refusal
-- writes nothing and uses no number. It raises, of each entry in turn the first that applies (23514 after all others):
--
--   CW001  the command key is known with another body          CW002  another record's `source`
--   CW003  `data.command` is not the key                       CW004  `time` over 60 s back or 5 s ahead of this clock
--   CW005  `_sd` without a sealed part, or the reverse; not 1..1000 entries and as many sealed parts
--   CW006  a sealed part, but the key of its case is erased or was never kept; or a copy of a case that was erased
--   CW010  of several commands one is known: each has to be appended alone
--   23505  the version is taken: somebody was first; or an erasure leaves a key about its case, made since it was decided
--   CW007  the version leaves a gap
--   22xxx, 23514  not UTF-8, JSON, or an id `<uuid>/<version>`; too long
--
-- Columns come out of the entry, so they cannot disagree with it. Every statement costs its start-up, an INSERT that of
-- all checks of its table too: what can be asked or written once for all is. Lookups are scalar subqueries: a join
-- planned while the tables are empty would later scan the whole record. So would a lookup, if the tables were analysed
-- when they were empty (a plan lasts until they are analysed again): `enable_seqscan`. What is rarely asked stands in a
-- branch of its own, as a subquery costs its start-up also where it is not run.
CREATE OR REPLACE FUNCTION {s}.append_all(
    p_commands uuid[], p_bodies_sha256 bytea[], p_counts integer[], p_entries bytea[], p_sealed bytea[],
    OUT first_position bigint, OUT last_position bigint, OUT repeated boolean)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off SET enable_seqscan = off AS $$
DECLARE
  old {s}.command%ROWTYPE;
  home {s}.record%ROWTYPE;
  at timestamptz;
  command text;
  following integer := 1;
  j jsonb;
  data jsonb;
  id text;
  v_stream uuid;
  v_version integer;
  v_type text;
  v_time timestamptz;
  last integer;
  key_id uuid;
  is_kept boolean;
  code text;
  problem text;
  commands uuid[];
  streams uuid[];
  versions integer[];
  types text[];
  times timestamptz[];
  firsts bigint[];
  lasts bigint[];
  erased uuid[];
  key_ids uuid[];
BEGIN
  -- Held to the commit, so the order of positions is the order of commits and a reader never misses one.
  PERFORM pg_advisory_xact_lock(hashtextextended('{s}.event', 0));

  SELECT r.stream, r.origin, r.is_scratch, coalesce((SELECT max(e.position) FROM {s}.event e), 0) + 1
    INTO STRICT home.stream, home.origin, home.is_scratch, first_position FROM {s}.record r;
  SELECT * INTO old FROM {s}.command c WHERE c.key = ANY (p_commands) LIMIT 1;
  IF FOUND THEN
    IF cardinality(p_commands) > 1 THEN
      RAISE EXCEPTION USING ERRCODE = 'CW010', MESSAGE = format('command %s: known, among others', old.key);
    ELSIF old.body_sha256 IS DISTINCT FROM p_bodies_sha256[1] THEN
      RAISE EXCEPTION USING ERRCODE = 'CW001', MESSAGE =
        format('command %s: expected the body first sent with this key, found another', old.key);
    END IF;
    first_position := old.first_position;
    last_position := old.last_position;
    repeated := true;
    RETURN;
  END IF;

  IF (cardinality(p_entries) BETWEEN 1 AND 1000 AND cardinality(p_sealed) = cardinality(p_entries)
      AND array_ndims(p_entries) = 1 AND array_lower(p_entries, 1) = 1
      AND array_ndims(p_sealed) = 1 AND array_lower(p_sealed, 1) = 1 AND 0 < ALL (p_counts)
      AND cardinality(p_counts) = cardinality(p_commands) AND cardinality(p_bodies_sha256) = cardinality(p_commands)
      ) IS NOT TRUE THEN
    RAISE EXCEPTION USING ERRCODE = 'CW005', MESSAGE = format(
      'command %s: expected 1 to 1000 entries and as many sealed parts, found %s and %s',
      p_commands[1], coalesce(cardinality(p_entries), 0), coalesce(cardinality(p_sealed), 0));
  END IF;

  at := clock_timestamp();
  last_position := first_position - 1;
  repeated := false;

  FOR c IN 1 .. cardinality(p_commands) LOOP
    command := p_commands[c]::text;
    FOR i IN following .. following + p_counts[c] - 1 LOOP
      j := convert_from(p_entries[i], 'UTF8')::jsonb;
      data := j->'data';
      id := j->>'id';
      v_type := j->>'type';
      v_time := (j->>'time')::timestamptz;
      v_stream := split_part(id, '/', 1)::uuid;
      v_version := split_part(id, '/', 2)::integer;
      IF id IS DISTINCT FROM v_stream || '/' || v_version OR v_type IS NULL OR v_time IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format(
          'entry %s of %s: expected an id `<uuid>/<version>`, a type and a time, found id %s, type %s, time %s',
          i, cardinality(p_entries), coalesce(id, 'none'), coalesce(v_type, 'none'), coalesce(j->>'time', 'none'));
      END IF;
      key_id := CASE WHEN v_type LIKE 'access.%' THEN home.stream ELSE v_stream END;
      SELECT coalesce((SELECT max(e.version) FROM {s}.event e WHERE e.stream = v_stream), 0),
             EXISTS (SELECT FROM {s}_keys.case_key k WHERE k.id = key_id AND k.wrapped IS NOT NULL) INTO last, is_kept;
      IF v_stream = streams[cardinality(streams)] THEN
        last := versions[cardinality(versions)];
      ELSIF v_stream = ANY (streams) THEN
        last := (SELECT max(now.version) FROM unnest(streams, versions) AS now(stream, version)
                 WHERE now.stream = v_stream);
      END IF;

      code := CASE
        WHEN j->>'source' IS DISTINCT FROM home.origin THEN 'CW002'
        WHEN data->>'command' IS DISTINCT FROM command THEN 'CW003'
        WHEN NOT home.is_scratch AND v_time NOT BETWEEN at - interval '60 s' AND at + interval '5 s' THEN 'CW004'
        WHEN coalesce(data ? '_sd', false) <> (p_sealed[i] IS NOT NULL) THEN 'CW005'
        WHEN p_sealed[i] IS NOT NULL AND NOT is_kept THEN 'CW006'
      END;
      IF code IS NULL AND (v_type LIKE 'disclosure.%' OR v_type LIKE 'advice.%') THEN
        PERFORM FROM {s}_keys.case_key k WHERE k.id = (data->>'incident')::uuid AND k.erased_by IS NOT NULL;
        code := CASE WHEN FOUND THEN 'CW006' END;
      END IF;
      code := CASE WHEN code IS NOT NULL THEN code WHEN v_version <= last THEN '23505'
                   WHEN v_version > last + 1 THEN 'CW007' END;
      IF code IS NOT NULL THEN
        problem := CASE code
          WHEN 'CW002' THEN format('expected source %s, found %s', home.origin, coalesce(j->>'source', 'none'))
          WHEN 'CW003' THEN format('expected command %s, found %s', command, coalesce(data->>'command', 'none'))
          WHEN 'CW004' THEN format(
            'expected a time from 60 s before to 5 s after this clock, found %s s %s it: the clocks differ',
            round(abs(extract(epoch FROM v_time - at)), 3), CASE WHEN v_time < at THEN 'before' ELSE 'after' END)
          WHEN 'CW005' THEN CASE WHEN p_sealed[i] IS NULL
            THEN 'expected a sealed part, as its data has _sd, found none'
            ELSE 'expected no sealed part, as its data has no _sd, found one' END
          WHEN 'CW006' THEN format('expected a key that is kept, found it %s', coalesce((
            SELECT 'erased by entry ' || k.erased_by FROM {s}_keys.case_key k
            WHERE k.id = ANY (ARRAY[key_id, (data->>'incident')::uuid]) AND k.erased_by IS NOT NULL LIMIT 1), 'missing'))
          ELSE format('expected version %s, found %s', last + 1, v_version)
        END;
        RAISE EXCEPTION USING ERRCODE = code, MESSAGE = format('entry %s (%s): %s', id, v_type, problem);
      END IF;

      commands := commands || p_commands[c];
      streams := streams || v_stream;
      versions := versions || v_version;
      types := types || v_type;
      times := times || v_time;
      IF v_type = 'incident.erased.v1' THEN
        erased := erased || v_stream;
        key_ids := key_ids || (data->>'key_id')::uuid;
      END IF;
    END LOOP;
    following := following + p_counts[c];
    firsts := firsts || (last_position + 1);
    last_position := last_position + p_counts[c];
    lasts := lasts || last_position;
  END LOOP;
  IF following <> cardinality(p_entries) + 1 THEN
    RAISE EXCEPTION USING ERRCODE = 'CW005', MESSAGE = format(
      'command %s: expected as many entries as are counted, %s, found %s', p_commands[1], following - 1,
      cardinality(p_entries));
  END IF;

  IF cardinality(p_entries) = 1 THEN  -- As nearly always where nobody else waits; a set of one takes longer.
    INSERT INTO {s}.event (position, stream, version, type, time, command, entry, sealed, leaf) VALUES (
      first_position, v_stream, v_version, v_type, v_time, p_commands[1], p_entries[1], p_sealed[1],
      sha256('\x00'::bytea || p_entries[1]));
    INSERT INTO {s}.command VALUES (p_commands[1], p_bodies_sha256[1], first_position, last_position);
  ELSE
    INSERT INTO {s}.event (position, stream, version, type, time, command, entry, sealed, leaf)
      SELECT first_position + o - 1, s, v, t, w, c, x, z, sha256('\x00'::bytea || x)
      FROM unnest(streams, versions, types, times, commands, p_entries, p_sealed)
        WITH ORDINALITY AS entry(s, v, t, w, c, x, z, o);
    INSERT INTO {s}.command SELECT * FROM unnest(p_commands, p_bodies_sha256, firsts, lasts);
  END IF;

  -- What was copied of a case between the decision to erase it and the lock above has a key of its own. Nothing can be
  -- copied once the erasure is in. All entries are looked through, as when it was decided: an erasure is rare.
  IF cardinality(erased) > 0 THEN
    PERFORM set_config('enable_seqscan', 'on', true);
    PERFORM FROM (
        SELECT e.stream, e.entry FROM {s}.event e
        WHERE e.version = 1 AND (e.type LIKE 'disclosure.%' OR e.type LIKE 'advice.%') OFFSET 0) AS about
      JOIN {s}_keys.case_key k ON k.id = about.stream
      WHERE (convert_from(about.entry, 'UTF8')::jsonb->'data'->>'incident')::uuid = ANY (erased)
        AND k.wrapped IS NOT NULL AND k.id <> ALL (key_ids);
    IF FOUND THEN
      RAISE EXCEPTION USING ERRCODE = '23505', MESSAGE = format(
        'command %s: expected that the erasure names every key about its case, found one more', command);
    END IF;
  END IF;
END
$$;
REVOKE ALL ON FUNCTION {s}.append_all FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {s}.append_all TO casework_app;
