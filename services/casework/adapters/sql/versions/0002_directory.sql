-- The people directory of one school and the numbers of its cases: beside the record, not part of it.
-- Events copy no address; a party of a case points here by `person.id`.

CREATE TABLE {s}.person (
  id text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
  kind text NOT NULL CHECK (kind IN ('adult', 'pupil', 'staff')),
  name text NOT NULL CHECK (name <> ''),
  job text,
  year smallint CHECK (year BETWEEN 0 AND 13),
  dob date,
  language text NOT NULL DEFAULT 'en',
  format text NOT NULL DEFAULT 'standard' CHECK (format IN ('standard', 'large_print')),
  loaded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE {s}.contact_point (
  person text NOT NULL REFERENCES {s}.person ON DELETE CASCADE,
  n smallint NOT NULL CHECK (n > 0),
  kind text NOT NULL CHECK (kind IN ('address', 'email', 'phone')),
  lines text[] NOT NULL CHECK (cardinality(lines) > 0),
  source text NOT NULL,
  is_confidential boolean NOT NULL,
  has_court_order boolean NOT NULL,
  verified_by text,
  PRIMARY KEY (person, n)
);

CREATE TABLE {s}.relation (
  adult text NOT NULL REFERENCES {s}.person ON DELETE CASCADE,
  pupil text NOT NULL REFERENCES {s}.person ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('parent', 'carer', 'relative', 'associated')),
  has_parental_responsibility text NOT NULL CHECK (has_parental_responsibility IN ('yes', 'no', 'unknown')),
  lives_with text NOT NULL CHECK (lives_with IN ('yes', 'no', 'unknown')),
  PRIMARY KEY (adult, pupil)
);
CREATE INDEX relation_pupil ON {s}.relation (pupil);

CREATE SEQUENCE {s}.case_number;
