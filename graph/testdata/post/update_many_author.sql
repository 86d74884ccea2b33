-- operation Gone
-- lock Post
-- postgres alone
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE EXISTS (SELECT 1 FROM users AS t1 WHERE t1.id = t.author_id AND t1.username = ?) ORDER BY t.id LIMIT ?

-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR KEY SHARE) AS locked

-- lock Post
-- postgres alone
SELECT count(*) FROM (SELECT id FROM posts WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR NO KEY UPDATE) AS locked

-- lock Post
-- postgres alone
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE EXISTS (SELECT 1 FROM users AS t1 WHERE t1.id = t.author_id AND t1.username = ?) ORDER BY t.id LIMIT ?

-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR KEY SHARE) AS locked

-- lock Post
-- postgres alone
SELECT count(*) FROM (SELECT id FROM posts WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR NO KEY UPDATE) AS locked

-- Post
-- sqlite
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.author_id IN (SELECT t1.id FROM users AS t1 WHERE TRUE AND t1.username = ?) ORDER BY t.id LIMIT ?
-- postgres
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE EXISTS (SELECT 1 FROM users AS t1 WHERE t1.id = t.author_id AND t1.username = ?) ORDER BY t.id LIMIT ? FOR NO KEY UPDATE

-- update Post
-- sqlite
UPDATE posts SET author_id = ?, updated_at = ?, version = version + 1 WHERE id IN (SELECT value FROM json_each(?)) AND (author_id IS DISTINCT FROM ?) RETURNING id
-- postgres
UPDATE posts SET author_id = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ANY(?::bigint[]) AND (author_id IS DISTINCT FROM ?) RETURNING id

-- Post
-- sqlite
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.author_id IN (SELECT t1.id FROM users AS t1 WHERE TRUE AND t1.username = ?) ORDER BY t.id LIMIT ?
-- postgres
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE EXISTS (SELECT 1 FROM users AS t1 WHERE t1.id = t.author_id AND t1.username = ?) ORDER BY t.id LIMIT ? FOR NO KEY UPDATE

-- Post.authorId
-- sqlite
SELECT id, id FROM users WHERE id = ? ORDER BY id
-- postgres
SELECT id, id FROM users WHERE id = ? ORDER BY id FOR KEY SHARE

-- 4 planned, 4 resolved

-- operation There
-- lock Post
-- postgres alone
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE EXISTS (SELECT 1 FROM users AS t1 WHERE t1.id = t.author_id AND t1.username = ?) ORDER BY t.id LIMIT ?

-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR KEY SHARE) AS locked

-- lock Post
-- postgres alone
SELECT count(*) FROM (SELECT id FROM posts WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR NO KEY UPDATE) AS locked

-- Post
-- sqlite
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.author_id IN (SELECT t1.id FROM users AS t1 WHERE TRUE AND t1.username = ?) ORDER BY t.id LIMIT ?
-- postgres
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE EXISTS (SELECT 1 FROM users AS t1 WHERE t1.id = t.author_id AND t1.username = ?) ORDER BY t.id LIMIT ? FOR NO KEY UPDATE

-- update Post
-- sqlite
UPDATE posts SET author_id = ?, updated_at = ?, version = version + 1 WHERE id IN (SELECT value FROM json_each(?)) AND (author_id IS DISTINCT FROM ?)
-- postgres
UPDATE posts SET author_id = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ANY(?::bigint[]) AND (author_id IS DISTINCT FROM ?)

-- updatePosts
-- sqlite
SELECT k.key, t1.id, t1.version, t1.author_id, t2.id, t2.username FROM json_each(?) AS k JOIN posts AS t1 ON t1.id = k.value LEFT JOIN users AS t2 ON t2.id = t1.author_id
-- postgres
SELECT k.key, t1.id, t1.version, t1.author_id, t2.id, t2.username FROM unnest((SELECT ?::bigint[])) AS k(key) JOIN posts AS t1 ON t1.id = k.key LEFT JOIN users AS t2 ON t2.id = t1.author_id

-- 3 planned, 4 resolved
