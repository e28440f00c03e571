-- Read models: made from the events, and made again from them at any time.

-- One row a letter. Who may see it stands beside it, so that a list is one query.
CREATE TABLE letters.letter_list (
    letter_id uuid PRIMARY KEY,
    position bigint NOT NULL,
    version bigint NOT NULL,
    revision integer NOT NULL,
    case_id uuid NOT NULL,
    case_reference text,
    cause text NOT NULL,
    template text NOT NULL,
    template_version integer NOT NULL,
    status text NOT NULL,
    channel text NOT NULL,
    party text NOT NULL,
    label text,
    our_ref text,
    holds text[] NOT NULL,
    problems text[] NOT NULL,
    unfiled text[] NOT NULL,
    is_render_failed boolean NOT NULL,
    pdf_sha256 text,
    letter_date date NOT NULL,
    drafted_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    roles text[] NOT NULL,
    subjects text[] NOT NULL,
    excluded text[] NOT NULL,
    sensitivity text NOT NULL
);
CREATE UNIQUE INDEX letter_list_position_idx ON letters.letter_list (position);
CREATE INDEX letter_list_case_idx ON letters.letter_list (case_id, position);
CREATE INDEX letter_list_status_idx ON letters.letter_list (status, position);

-- Causes that were set aside because this software does not know their version.
CREATE TABLE letters.parked_cause (
    position bigint PRIMARY KEY,
    cause text NOT NULL,
    cause_type text NOT NULL,
    why text NOT NULL,
    parked_at timestamptz NOT NULL
);

-- How far the two tables above are. One row.
CREATE TABLE letters.read_model_position (
    is_the_row boolean PRIMARY KEY DEFAULT true CHECK (is_the_row),
    position bigint NOT NULL
);
INSERT INTO letters.read_model_position (position) VALUES (0);

-- What the follower last said of itself, for /readyz of the web workers. One row.
CREATE TABLE letters.follower (
    is_the_row boolean PRIMARY KEY DEFAULT true CHECK (is_the_row),
    is_stopped boolean NOT NULL,
    expected text,
    found text,
    said_at timestamptz NOT NULL
);

-- Whether this is a database for trials: there alone the test clock is obeyed. Set once, by migrate.
CREATE TABLE letters.server (
    is_the_row boolean PRIMARY KEY DEFAULT true CHECK (is_the_row),
    is_scratch boolean NOT NULL
);
