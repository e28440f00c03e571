-- The record of one school: what `append` writes, what proves it, and the keys of what is sealed in it.
-- {s} is the school's schema; its keys lie in {s}_keys, which backups of the record leave out.

CREATE TABLE {s}.record (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  stream uuid NOT NULL,
  origin text NOT NULL CHECK (origin ~ '^[a-z0-9.-]+(/[a-z0-9.-]+)*$' AND length(origin) <= 100),
  is_scratch boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE {s}.record IS 'One row: the record''s own stream, its public name, and whether it is only for trials';

CREATE TABLE {s}.event (
  position bigint PRIMARY KEY CHECK (position > 0),
  stream uuid NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  type text NOT NULL,
  time timestamptz NOT NULL,
  command uuid NOT NULL,
  entry bytea NOT NULL CHECK (octet_length(entry) <= 65535),
  sealed bytea CHECK (octet_length(sealed) BETWEEN 30 AND 1048576),
  leaf bytea NOT NULL CHECK (octet_length(leaf) = 32),
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  recorded_by name NOT NULL DEFAULT session_user,
  UNIQUE (stream, version)
);
COMMENT ON COLUMN {s}.event.entry IS 'The bytes that are hashed, fed and exported; all columns before it are copied out of it';
COMMENT ON COLUMN {s}.event.leaf IS 'sha256(0x00 || entry), written by append and tied to entry by nothing: a witness';
CREATE INDEX event_time ON {s}.event USING brin (time);
-- Ciphertext does not compress.
ALTER TABLE {s}.event ALTER COLUMN sealed SET STORAGE EXTERNAL;

CREATE TABLE {s}.command (
  key uuid PRIMARY KEY,
  body_sha256 bytea NOT NULL CHECK (octet_length(body_sha256) = 32),
  first_position bigint NOT NULL,
  last_position bigint NOT NULL
);
COMMENT ON TABLE {s}.command IS 'What was asked for, by its Idempotency-Key: repeated, it gets its first answer';

CREATE TABLE {s}.tile (
  level smallint CHECK (level BETWEEN 0 AND 6),
  n bigint CHECK (n >= 0),
  hashes bytea NOT NULL CHECK (octet_length(hashes) = 8192),
  root bytea NOT NULL CHECK (octet_length(root) = 32),
  PRIMARY KEY (level, n) INCLUDE (root)
);
COMMENT ON TABLE {s}.tile IS 'A cache of full tiles, made of leaves; no check reads it';
ALTER TABLE {s}.tile ALTER COLUMN hashes SET STORAGE EXTERNAL;

CREATE TABLE {s}.checkpoint (
  size bigint PRIMARY KEY CHECK (size > 0),
  root bytea NOT NULL CHECK (octet_length(root) = 32),
  note text NOT NULL,
  signed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE {s}_keys.case_key (
  id uuid PRIMARY KEY,
  master text,
  wrapped bytea CHECK (octet_length(wrapped) = 60),
  erased_by bigint,
  CHECK ((wrapped IS NULL) = (erased_by IS NOT NULL)),
  CHECK ((wrapped IS NULL) = (master IS NULL))
);
COMMENT ON TABLE {s}_keys.case_key IS 'The secret of one case, wrapped; erased: the position of the entry that says so';
