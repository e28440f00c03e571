-- Where the models are, held until the transaction ends: one at a time brings them on.
SELECT h.form, h.position, coalesce((SELECT max(m.position) FROM {s}.event m), 0) FROM {s}.live_head h FOR UPDATE
