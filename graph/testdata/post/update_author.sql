-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR KEY SHARE) AS locked

-- lock Post
-- postgres alone
SELECT count(*) FROM (SELECT id FROM posts WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR NO KEY UPDATE) AS locked

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
SELECT t1.id, t1.id, t1.author_id, t2.id, t2.username FROM posts AS t1 LEFT JOIN users AS t2 ON t2.id = t1.author_id WHERE t1.id = ?

-- updatePost.post.author.posts
-- sqlite
SELECT k.key, t1.id, t1.title FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT t2.id AS key FROM posts AS t2 WHERE t2.author_id = k.value ORDER BY t2.id LIMIT 20))) AS p CROSS JOIN posts AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.title FROM (SELECT (SELECT ?::bigint) AS key) AS k CROSS JOIN LATERAL (SELECT t2.id, t2.title FROM posts AS t2 WHERE t2.author_id = k.key ORDER BY t2.id LIMIT 20) AS t1 ORDER BY k.key, t1.id

-- 4 planned, 5 resolved
