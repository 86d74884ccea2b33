-- operation Dry
-- Tag.name
-- sqlite
SELECT t.id, COALESCE(TRUE, FALSE) FROM tags AS t WHERE t.name = ?
-- postgres
SELECT t.id, COALESCE(TRUE, FALSE) FROM tags AS t WHERE t.name = ? FOR KEY SHARE

-- Tag.name
SELECT id, name FROM tags WHERE name = ?

-- insert Tag
-- sqlite
INSERT INTO tags (name, created_at, updated_at) VALUES (?, ?, ?) RETURNING id, name
-- postgres
INSERT INTO tags (name, created_at, updated_at) VALUES (?, ?::timestamp, ?::timestamp) RETURNING id, name

-- 3 planned, 4 resolved

-- operation After
-- tag
SELECT t1.name, t1.id FROM tags AS t1 WHERE t1.name = ?

-- 1 planned, 1 resolved
