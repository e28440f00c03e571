INSERT INTO {s}.live_case (incident, folded)
SELECT r.incident, r.folded::json FROM unnest(%(incidents)s::uuid[], %(folded)s::text[]) AS r (incident, folded)
ON CONFLICT (incident) DO UPDATE SET folded = excluded.folded
