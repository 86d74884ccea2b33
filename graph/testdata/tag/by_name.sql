-- a
SELECT t1.name, t1.id, t1.name, t1.created_at, t1.updated_at, t1.version FROM tags AS t1 WHERE t1.name = ?

-- b
SELECT t1.id, t1.id, t1.name FROM tags AS t1 WHERE t1.id = ?

-- c
SELECT t1.name, t1.id FROM tags AS t1 WHERE t1.name = ?

-- 3 planned, 2 resolved
