-- operation Made
-- Tag.name
SELECT t.id, COALESCE(TRUE, FALSE) FROM tags AS t WHERE t.name = ?

-- Tag.name
SELECT id, name FROM tags WHERE name = ?

-- insert Tag
-- sqlite
INSERT INTO tags (name, created_at, updated_at) VALUES (?, ?, ?) RETURNING id, name, version
-- postgres
INSERT INTO tags (name, created_at, updated_at) VALUES (?, ?::timestamp, ?::timestamp) RETURNING id, name, version

-- 3 planned, 4 resolved

-- operation Changed
-- lock Tag.name
-- postgres alone
SELECT t.id, COALESCE(TRUE, FALSE) FROM tags AS t WHERE t.name = ? FOR UPDATE

-- Tag.name
SELECT t.id, COALESCE(TRUE, FALSE) FROM tags AS t WHERE t.name = ?

-- Tag
-- sqlite
SELECT t.version, 0 FROM tags AS t WHERE t.id = ?
-- postgres
SELECT t.version, 0 FROM tags AS t WHERE t.id = ? FOR UPDATE

-- Tag.name
SELECT id, name FROM tags WHERE name = ?

-- update Tag
-- sqlite
UPDATE tags SET name = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (name IS DISTINCT FROM ?) RETURNING id, name, version
-- postgres
UPDATE tags SET name = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (name IS DISTINCT FROM ?) RETURNING id, name, version

-- 4 planned, 5 resolved

-- operation Found
-- Tag.name
-- sqlite
SELECT t.id, COALESCE(TRUE, FALSE) FROM tags AS t WHERE t.name = ?
-- postgres
SELECT t.id, COALESCE(TRUE, FALSE) FROM tags AS t WHERE t.name = ? FOR KEY SHARE

-- upsertTag
SELECT t1.id, t1.id, t1.name, t1.version FROM tags AS t1 WHERE t1.id = ?

-- 2 planned, 2 resolved
