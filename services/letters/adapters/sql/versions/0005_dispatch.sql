-- E-mail: which letters wait to leave, and which dispatcher has one in hand.

-- When an issued letter may leave, so that a dispatcher asks for no others. The list is made again from the events.
ALTER TABLE letters.letter_list ADD COLUMN not_before timestamptz;
CREATE INDEX letter_list_leaving_idx ON letters.letter_list (not_before) WHERE status = 'issued' AND channel = 'email';
DELETE FROM letters.letter_list;
DELETE FROM letters.parked_cause;
UPDATE letters.read_model_position SET position = 0;

-- A lease keeps two dispatchers from preparing the same letter; that it is sent once is the events' doing, not this.
CREATE TABLE letters.dispatch_lease (
    letter_id uuid PRIMARY KEY,
    worker text NOT NULL,
    leased_until timestamptz NOT NULL
);
