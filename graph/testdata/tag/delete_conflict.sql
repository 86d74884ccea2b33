-- Tag
-- sqlite
SELECT t.version, 0 FROM tags AS t WHERE t.id = ?
-- postgres
SELECT t.version, 0 FROM tags AS t WHERE t.id = ? FOR UPDATE

-- deleteTag
SELECT t1.id, t1.id, t1.name, t1.created_at, t1.updated_at, t1.version FROM tags AS t1 WHERE t1.id = ?

-- deleteTag
SELECT t1.id, t1.id, t1.name, t1.created_at, t1.updated_at, t1.version FROM tags AS t1 WHERE t1.id = ?

-- 3 planned, 3 resolved
