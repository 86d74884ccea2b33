-- Tag.name
SELECT id, name FROM tags WHERE name = ?

-- insert Tag
-- sqlite
INSERT INTO tags (name, created_at, updated_at) VALUES (?, ?, ?) RETURNING id
-- postgres
INSERT INTO tags (name, created_at, updated_at) VALUES (?, ?::timestamp, ?::timestamp) RETURNING id

-- createTag
SELECT t1.id, t1.id, t1.name, t1.created_at, t1.updated_at, t1.version FROM tags AS t1 WHERE t1.id = ?

-- 3 planned, 3 resolved
