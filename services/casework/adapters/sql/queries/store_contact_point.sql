INSERT INTO {s}.contact_point (person, n, kind, lines, source, is_confidential, has_court_order, verified_by)
VALUES (%(person)s, %(n)s, %(kind)s, %(lines)s, %(source)s, %(is_confidential)s, %(has_court_order)s, %(verified_by)s)
