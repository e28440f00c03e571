-- The live read models of one school: each case as its public facts make it, so that a list folds nothing anew.
-- Made from the record and never the other way round; whatever stands here can be thrown away and made again.

CREATE TABLE {s}.live_case (
  incident uuid PRIMARY KEY,
  folded json
);
COMMENT ON TABLE {s}.live_case IS 'A row a case, nothing personal in it: what the entries say with all sealed fields left out';
COMMENT ON COLUMN {s}.live_case.folded IS 'Null: its entries cannot be folded, and whoever asks is told so';

CREATE TABLE {s}.live_head (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  form text NOT NULL DEFAULT '',
  position bigint NOT NULL DEFAULT 0 CHECK (position >= 0)
);
COMMENT ON COLUMN {s}.live_head.form IS 'Which software folded them: another one makes all of them anew';
COMMENT ON COLUMN {s}.live_head.position IS 'All entries up to here are in';
INSERT INTO {s}.live_head DEFAULT VALUES;
