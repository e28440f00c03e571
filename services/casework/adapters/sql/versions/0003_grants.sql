-- The grants of legal advisers, found again on each of their requests.
CREATE INDEX event_grant ON {s}.event (position)
  WHERE type IN ('access.grant-given.v1', 'access.grant-withdrawn.v1');
