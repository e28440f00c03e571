-- Personal content. A case's secret is stored wrapped under the master key of KEYS_DIR/letters.master.key; when the case
-- is erased the wrapped secret is taken away and the row stays, so that no new one is made.
CREATE TABLE letters.case_key (
    case_id uuid PRIMARY KEY,
    master_id text,
    wrapped bytea,
    made_at timestamptz NOT NULL DEFAULT now(),
    destroyed_at timestamptz,
    CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL)),
    CHECK ((wrapped IS NULL) = (master_id IS NULL))
);

-- Format byte, nonce, ciphertext and tag as servicekit/sealing.py writes them, under a key derived from the case's
-- secret, bound to "letters/v1|<letter>|<kind>|<sha256>". The hash is the plaintext's; it stands in the events too.
CREATE TABLE letters.sealed (
    letter_id uuid NOT NULL,
    kind text NOT NULL,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    case_id uuid NOT NULL REFERENCES letters.case_key,
    sealed bytea NOT NULL,
    PRIMARY KEY (letter_id, kind, sha256)
);
