-- lock Tag
-- postgres alone
SELECT t.id, COALESCE(TRUE, FALSE) FROM tags AS t WHERE t.name = ?

-- lock Tag
-- postgres alone
SELECT t.id, COALESCE(TRUE, FALSE) FROM tags AS t WHERE t.name = ?

-- lock Tag.name
-- postgres alone
SELECT t.id, COALESCE(TRUE, FALSE) FROM tags AS t WHERE t.name = ? FOR UPDATE

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

-- 7 planned, 9 resolved
