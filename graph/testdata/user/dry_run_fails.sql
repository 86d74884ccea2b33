-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR UPDATE) AS locked

-- Tag.name
SELECT id, name FROM tags WHERE name = ?

-- insert Tag
-- sqlite
INSERT INTO tags (name, created_at, updated_at) VALUES (?, ?, ?) RETURNING id
-- postgres
INSERT INTO tags (name, created_at, updated_at) VALUES (?, ?::timestamp, ?::timestamp) RETURNING id

-- User
-- sqlite
SELECT t.version, COALESCE(t.id, 0) FROM users AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.id, 0) FROM users AS t WHERE t.id = ? FOR UPDATE

-- User.username
SELECT id, username FROM users WHERE username = ?

-- 4 planned, 5 resolved
