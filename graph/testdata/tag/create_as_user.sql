-- Tag.name
SELECT id, name FROM tags WHERE name = ?

-- insert Tag
-- sqlite
INSERT INTO tags (name, created_at, updated_at) VALUES (?, ?, ?) RETURNING id, name
-- postgres
INSERT INTO tags (name, created_at, updated_at) VALUES (?, ?::timestamp, ?::timestamp) RETURNING id, name

-- 2 planned, 3 resolved
