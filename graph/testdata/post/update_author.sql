-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest(?::bigint[]) AS k(key)) ORDER BY id FOR KEY SHARE) AS locked

-- lock Post
-- postgres alone
SELECT count(*) FROM (SELECT id FROM posts WHERE id IN (SELECT k.key FROM unnest(?::bigint[]) AS k(key)) ORDER BY id FOR NO KEY UPDATE) AS locked

-- Post
-- sqlite
SELECT t.version, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.id = ? FOR NO KEY UPDATE

-- update Post
-- sqlite
UPDATE posts SET author_id = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (author_id IS DISTINCT FROM ?)
-- postgres
UPDATE posts SET author_id = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (author_id IS DISTINCT FROM ?)

-- updatePost
SELECT t1.id, t1.id, t1.author_id, t1.title, t1.content, t1.created_at, t1.updated_at, t1.version FROM posts AS t1 WHERE t1.id = ?

-- updatePost.post.author
-- sqlite
SELECT k.value, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM json_each(?) AS k JOIN users AS t1 ON t1.id = k.value
-- postgres
SELECT k.key, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM unnest(?::bigint[]) AS k(key) JOIN users AS t1 ON t1.id = k.key

-- updatePost.post.author.posts
-- sqlite
SELECT k.value, t1.id, t1.author_id, t1.title, t1.content, t1.created_at, t1.updated_at, t1.version FROM json_each(?) AS k CROSS JOIN posts AS t1 ON t1.id IN (SELECT t2.id FROM posts AS t2 WHERE t2.author_id = k.value ORDER BY t2.id LIMIT 21) ORDER BY k.value, t1.id
-- postgres
SELECT k.key, t1.id, t1.author_id, t1.title, t1.content, t1.created_at, t1.updated_at, t1.version FROM unnest(?::bigint[]) AS k(key) CROSS JOIN LATERAL (SELECT t2.id, t2.author_id, t2.title, t2.content, t2.created_at, t2.updated_at, t2.version FROM posts AS t2 WHERE t2.author_id = k.key ORDER BY t2.id LIMIT 21) AS t1 ORDER BY k.key, t1.id

-- 5 planned, 5 resolved
