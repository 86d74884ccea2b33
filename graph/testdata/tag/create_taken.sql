-- Tag.name
SELECT id, name FROM tags WHERE name = ?

-- 1 planned, 1 resolved
