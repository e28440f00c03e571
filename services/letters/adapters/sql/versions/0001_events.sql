-- Events of letters, and how far casework's feed was read. Both tables and the type have the shape that the stock
-- Postgres process recorder of eventsourcing 9.5.6 expects, under the names it derives from the application's name.
CREATE TYPE letters.stored_event_uuid AS (
    originator_id uuid,
    originator_version bigint,
    topic text,
    state bytea
);

CREATE TABLE letters.letters_events (
    originator_id uuid NOT NULL,
    originator_version bigint NOT NULL,
    topic text,
    state bytea,
    notification_id bigserial,
    PRIMARY KEY (originator_id, originator_version)
);

CREATE UNIQUE INDEX letters_events_notification_id_idx ON letters.letters_events (notification_id ASC);

-- One row for each feed that is followed: the position lies in the transaction that appends what was drafted from it.
CREATE TABLE letters.letters_tracking (
    application_name text,
    notification_id bigint,
    PRIMARY KEY (application_name)
);

-- The recorder's own mark that there is one row for each feed, not one for each position.
INSERT INTO letters.letters_tracking VALUES ('__migration__', 1);
