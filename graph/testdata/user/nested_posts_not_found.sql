-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR UPDATE) AS locked

-- lock Post
-- postgres alone
SELECT count(*) FROM (SELECT id FROM posts WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR UPDATE) AS locked

-- lock Tag
-- postgres alone
SELECT count(*) FROM (SELECT id FROM tags WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR KEY SHARE) AS locked

-- User
-- sqlite
SELECT t.version, COALESCE(t.id, 0) FROM users AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.id, 0) FROM users AS t WHERE t.id = ? FOR UPDATE

-- User.posts
-- sqlite
SELECT t.id, COALESCE(t.author_id, 0), t.version, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.id IN (SELECT value FROM json_each(?)) ORDER BY t.id
-- postgres
SELECT t.id, COALESCE(t.author_id, 0), t.version, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.id = ANY(?::bigint[]) ORDER BY t.id FOR UPDATE

-- Post.tags
-- sqlite
SELECT t.id, 0 FROM tags AS t WHERE t.id = ? ORDER BY t.id
-- postgres
SELECT t.id, 0 FROM tags AS t WHERE t.id = ? ORDER BY t.id FOR KEY SHARE

-- Post.tags
-- sqlite
SELECT t.id, 0 FROM tags AS t WHERE t.id = ? ORDER BY t.id
-- postgres
SELECT t.id, 0 FROM tags AS t WHERE t.id = ? ORDER BY t.id FOR KEY SHARE

-- User.username
SELECT id, username FROM users WHERE username = ?

-- Tag.name
SELECT id, name FROM tags WHERE name = ?

-- updateUser
SELECT t1.id, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM users AS t1 WHERE t1.id = ?

-- updateUser
SELECT t1.id, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM users AS t1 WHERE t1.id = ?

-- 8 planned, 8 resolved
