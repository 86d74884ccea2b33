-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR NO KEY UPDATE) AS locked

-- lock Profile
-- postgres alone
SELECT count(*) FROM (SELECT id FROM profiles WHERE id IN (SELECT id FROM profiles WHERE user_id IN (?)) ORDER BY id FOR UPDATE) AS locked

-- lock Post
-- postgres alone
SELECT count(*) FROM (SELECT id FROM posts WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR UPDATE) AS locked

-- User
-- sqlite
SELECT t.version, COALESCE(t.id, 0) FROM users AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.id, 0) FROM users AS t WHERE t.id = ? FOR NO KEY UPDATE

-- User.profile
-- sqlite
SELECT t.id, COALESCE(t.user_id, 0), t.version, COALESCE(t.user_id, 0) FROM profiles AS t WHERE t.user_id = ? ORDER BY t.id
-- postgres
SELECT t.id, COALESCE(t.user_id, 0), t.version, COALESCE(t.user_id, 0) FROM profiles AS t WHERE t.user_id = ? ORDER BY t.id FOR UPDATE

-- User.posts
-- sqlite
SELECT t.id, COALESCE(t.author_id, 0), t.version, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.id IN (SELECT value FROM json_each(?)) ORDER BY t.id
-- postgres
SELECT t.id, COALESCE(t.author_id, 0), t.version, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.id = ANY(?::bigint[]) ORDER BY t.id FOR UPDATE

-- delete Profile
DELETE FROM profiles WHERE id = ?

-- delete Post.tags
-- sqlite
DELETE FROM post_tags WHERE post_id IN (SELECT id FROM posts WHERE id IN (SELECT value FROM json_each(?)))
-- postgres
DELETE FROM post_tags WHERE (post_id, tag_id) IN (SELECT post_id, tag_id FROM post_tags WHERE post_id IN (SELECT id FROM posts WHERE id = ANY(?::bigint[])) ORDER BY post_id, tag_id FOR UPDATE)

-- delete Post
-- sqlite
DELETE FROM posts WHERE id IN (SELECT value FROM json_each(?))
-- postgres
DELETE FROM posts WHERE id = ANY(?::bigint[])

-- updateUser
SELECT t1.id, t1.id, t2.id FROM users AS t1 LEFT JOIN profiles AS t2 ON t2.user_id = t1.id WHERE t1.id = ?

-- updateUser.user.posts.totalCount
-- sqlite
SELECT k.value, (SELECT count(*) FROM posts AS t1 WHERE t1.author_id = k.value) FROM json_each(?) AS k
-- postgres
SELECT k.key, (SELECT count(*) FROM posts AS t1 WHERE t1.author_id = k.key) FROM (SELECT (SELECT ?::bigint) AS key) AS k

-- 8 planned, 9 resolved
