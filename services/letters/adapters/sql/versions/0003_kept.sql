-- What a letter needs to be made again, and is no personal content.

-- A template's files as one blob, stored at first use: a letter renders again without the repository.
CREATE TABLE letters.template_bundle (
    sha256 text PRIMARY KEY CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    files bytea NOT NULL
);

-- Casework's calendar as it was answered, by its own hash; dates computed from it name that hash.
CREATE TABLE letters.calendar (
    sha256 text PRIMARY KEY,
    body bytea NOT NULL,
    etag text,
    kept_at timestamptz NOT NULL DEFAULT now()
);
