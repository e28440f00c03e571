-- People as a decision needs them, in one trip: whether an address of theirs is secret, and how they are tied to pupils.
SELECT p.id, p.kind, p.name,
  EXISTS (SELECT FROM {s}.contact_point c WHERE c.person = p.id AND c.is_confidential),
  ARRAY(SELECT r.kind FROM {s}.relation r WHERE r.adult = p.id)
FROM {s}.person p WHERE p.id = ANY (%(ids)b)
