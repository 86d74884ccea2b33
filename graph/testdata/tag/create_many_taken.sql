-- Tag.name
-- sqlite
SELECT id, name FROM tags WHERE name IN (SELECT value FROM json_each(?))
-- postgres
SELECT id, name FROM tags WHERE name = ANY(?::text[])

-- 1 planned, 1 resolved
