-- operation Made
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

-- operation Found
-- Tag.name
-- sqlite
SELECT t.id, COALESCE(TRUE, FALSE) FROM tags AS t WHERE t.name = ?
-- postgres
SELECT t.id, COALESCE(TRUE, FALSE) FROM tags AS t WHERE t.name = ? FOR KEY SHARE

-- upsertTag
SELECT t1.id, t1.id, t1.name FROM tags AS t1 WHERE t1.id = ?

-- 2 planned, 2 resolved

-- operation Changed
-- 0 planned, 0 resolved
