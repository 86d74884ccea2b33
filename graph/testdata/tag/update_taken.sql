-- Tag
-- sqlite
SELECT t.version, 0 FROM tags AS t WHERE t.id = ?
-- postgres
SELECT t.version, 0 FROM tags AS t WHERE t.id = ? FOR UPDATE

-- Tag.name
SELECT id, name FROM tags WHERE name = ?

-- 2 planned, 2 resolved
