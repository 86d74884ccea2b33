-- Tag.name
SELECT id, name FROM tags WHERE name = ?

-- insert Tag
-- sqlite
INSERT INTO tags (name, created_at, updated_at) VALUES (?, ?, ?) RETURNING id
-- postgres
INSERT INTO tags (name, created_at, updated_at) VALUES (?, ?::timestamp, ?::timestamp) RETURNING id

-- Tag.name
SELECT id, name FROM tags WHERE name = ?

-- 3 planned, 4 resolved
