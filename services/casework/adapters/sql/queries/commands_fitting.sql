-- How many commands there are; null unless each entry lies within the row of its command, and the rows are together as
-- long as there are entries: so no row says more.
SELECT CASE
    WHEN entries.count = rows.length AND entries.count = entries.within AND NOT rows.is_turned THEN rows.count
  END
FROM
  (SELECT count(*) AS count, count(c.key) AS within
    FROM {s}.event e LEFT JOIN {s}.command c
      ON c.key = e.command AND e.position BETWEEN c.first_position AND c.last_position) AS entries,
  (SELECT count(*) AS count, coalesce(sum(last_position - first_position + 1), 0) AS length,
      coalesce(bool_or(last_position < first_position), false) AS is_turned
    FROM {s}.command) AS rows
