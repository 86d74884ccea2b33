-- operation Several
-- Tag
-- sqlite
SELECT t.id, 0 FROM tags AS t WHERE TRUE ORDER BY t.id LIMIT ?
-- postgres
SELECT t.id, 0 FROM tags AS t WHERE TRUE ORDER BY t.id LIMIT ? FOR UPDATE

-- Tag.name
SELECT id, name FROM tags WHERE name = ?

-- 2 planned, 2 resolved

-- operation One
-- Tag
-- sqlite
SELECT t.id, 0 FROM tags AS t WHERE t.name = ? ORDER BY t.id LIMIT ?
-- postgres
SELECT t.id, 0 FROM tags AS t WHERE t.name = ? ORDER BY t.id LIMIT ? FOR UPDATE

-- Tag.name
SELECT id, name FROM tags WHERE name = ?

-- update Tag
-- sqlite
UPDATE tags SET name = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (name IS DISTINCT FROM ?) RETURNING id, name, version
-- postgres
UPDATE tags SET name = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (name IS DISTINCT FROM ?) RETURNING id, name, version

-- updateTags
SELECT t1.id, t1.id, t1.name, t1.version FROM tags AS t1 WHERE t1.id = ?

-- 4 planned, 4 resolved

-- operation Itself
-- Tag
-- sqlite
SELECT t.id, 0 FROM tags AS t WHERE t.name = ? ORDER BY t.id LIMIT ?
-- postgres
SELECT t.id, 0 FROM tags AS t WHERE t.name = ? ORDER BY t.id LIMIT ? FOR UPDATE

-- Tag.name
SELECT id, name FROM tags WHERE name = ?

-- update Tag
-- sqlite
UPDATE tags SET name = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (name IS DISTINCT FROM ?) RETURNING id, name, version
-- postgres
UPDATE tags SET name = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (name IS DISTINCT FROM ?) RETURNING id, name, version

-- updateTags
SELECT t1.id, t1.id, t1.name, t1.version FROM tags AS t1 WHERE t1.id = ?

-- 4 planned, 4 resolved
