-- Tag
-- sqlite
SELECT t.version, 0 FROM tags AS t WHERE t.id = ?
-- postgres
SELECT t.version, 0 FROM tags AS t WHERE t.id = ? FOR UPDATE

-- Tag.name
SELECT 1 FROM tags WHERE name = ? AND id <> ?

-- 2 planned, 2 resolved
