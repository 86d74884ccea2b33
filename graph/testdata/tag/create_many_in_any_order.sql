-- Tag.name
-- sqlite
SELECT id, name FROM tags WHERE name IN (SELECT value FROM json_each(?))
-- postgres
SELECT id, name FROM tags WHERE name = ANY(?::text[])

-- insert Tag
-- sqlite
INSERT INTO tags (name, created_at, updated_at) SELECT r.value ->> 'name', ?, ? FROM json_each(?) AS r RETURNING id
-- postgres
INSERT INTO tags (id, name, created_at, updated_at) SELECT n.id, n.name, ?::timestamp, ?::timestamp FROM (SELECT nextval(pg_get_serial_sequence('tags', 'id')) AS id, r.name FROM json_to_recordset(?::json) AS r(name text)) AS n ORDER BY n.name RETURNING id

-- createTags
-- sqlite
SELECT k.key, t1.id, t1.name FROM json_each(?) AS k JOIN tags AS t1 ON t1.id = k.value
-- postgres
SELECT k.key, t1.id, t1.name FROM unnest((SELECT ?::bigint[])) AS k(key) JOIN tags AS t1 ON t1.id = k.key

-- 3 planned, 3 resolved
