-- What all schools share: which there are, and the API keys of people and programs.

CREATE TABLE {s}.school (
  name text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9]{0,39}$' AND name NOT IN ('casework', 'public')),
  title text NOT NULL CHECK (title <> ''),
  code text NOT NULL CHECK (code ~ '^[A-Z]{2,6}$'),
  origin text NOT NULL UNIQUE,
  schema name NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON COLUMN {s}.school.code IS 'Begins the reference of every case: RL-2026-0031';

CREATE TABLE {s}.api_key (
  key_id text PRIMARY KEY,
  sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
  school text NOT NULL REFERENCES {s}.school,
  subject text NOT NULL CHECK (subject <> ''),
  role text NOT NULL CHECK (role <> ''),
  person text,
  grants uuid[] NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
  revoked_at timestamptz,
  revoked_reason text CHECK (revoked_reason <> ''),
  last_used_on date,
  CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
);
COMMENT ON COLUMN {s}.api_key.sha256 IS 'Of the key, which is shown once and kept nowhere';
COMMENT ON COLUMN {s}.api_key.grants IS 'The cases this key was made for (a legal adviser''s)';
CREATE INDEX api_key_school ON {s}.api_key (school, subject);
