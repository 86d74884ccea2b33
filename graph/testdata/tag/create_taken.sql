-- Tag.name
SELECT 1 FROM tags WHERE name = ? AND id <> ?

-- 1 planned, 1 resolved
