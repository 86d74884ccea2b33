-- operation Delete
-- lock User
-- postgres alone
SELECT t.id, COALESCE(t.id, 0) FROM users AS t WHERE t.username = ANY(?::text[]) ORDER BY t.id LIMIT ?

-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR UPDATE) AS locked

-- lock Profile
-- postgres alone
SELECT count(*) FROM (SELECT id FROM profiles WHERE id IN (SELECT id FROM profiles WHERE user_id IN (SELECT id FROM users WHERE id = ANY(?::bigint[]))) ORDER BY id FOR UPDATE) AS locked

-- lock Address
-- postgres alone
SELECT count(*) FROM (SELECT id FROM addresses WHERE id IN (SELECT id FROM addresses WHERE user_id IN (SELECT id FROM users WHERE id = ANY(?::bigint[]))) ORDER BY id FOR UPDATE) AS locked

-- lock Post
-- postgres alone
SELECT count(*) FROM (SELECT id FROM posts WHERE id IN (SELECT id FROM posts WHERE author_id IN (SELECT id FROM users WHERE id = ANY(?::bigint[]))) ORDER BY id FOR UPDATE) AS locked

-- User
-- sqlite
SELECT t.id, COALESCE(t.id, 0) FROM users AS t WHERE t.username IN (SELECT value FROM json_each(?)) ORDER BY t.id LIMIT ?
-- postgres
SELECT t.id, COALESCE(t.id, 0) FROM users AS t WHERE t.username = ANY(?::text[]) ORDER BY t.id LIMIT ? FOR UPDATE

-- delete User.profile
-- sqlite
DELETE FROM profiles WHERE user_id IN (SELECT id FROM users WHERE id IN (SELECT value FROM json_each(?)))
-- postgres
DELETE FROM profiles WHERE user_id IN (SELECT id FROM users WHERE id = ANY(?::bigint[]))

-- delete User.address
-- sqlite
UPDATE addresses SET user_id = NULL, version = version + 1, updated_at = ? WHERE user_id IN (SELECT id FROM users WHERE id IN (SELECT value FROM json_each(?)))
-- postgres
UPDATE addresses SET user_id = NULL, version = version + 1, updated_at = ?::timestamp WHERE user_id IN (SELECT id FROM users WHERE id = ANY(?::bigint[]))

-- delete Post.tags
-- sqlite
DELETE FROM post_tags WHERE post_id IN (SELECT id FROM posts WHERE author_id IN (SELECT id FROM users WHERE id IN (SELECT value FROM json_each(?))))
-- postgres
DELETE FROM post_tags WHERE (post_id, tag_id) IN (SELECT post_id, tag_id FROM post_tags WHERE post_id IN (SELECT id FROM posts WHERE author_id IN (SELECT id FROM users WHERE id = ANY(?::bigint[]))) ORDER BY post_id, tag_id FOR UPDATE)

-- delete User.posts
-- sqlite
DELETE FROM posts WHERE author_id IN (SELECT id FROM users WHERE id IN (SELECT value FROM json_each(?)))
-- postgres
DELETE FROM posts WHERE author_id IN (SELECT id FROM users WHERE id = ANY(?::bigint[]))

-- delete User
-- sqlite
DELETE FROM users WHERE id IN (SELECT value FROM json_each(?))
-- postgres
DELETE FROM users WHERE id = ANY(?::bigint[])

-- 6 planned, 6 resolved

-- operation Read
-- addresses
SELECT t1.id, t1.email_address, t1.user_id, t2.id FROM (SELECT t3.id, t3.email_address, t3.user_id FROM addresses AS t3 WHERE TRUE ORDER BY t3.id LIMIT 20) AS t1 LEFT JOIN users AS t2 ON t2.id = t1.user_id ORDER BY t1.id

-- posts
SELECT t1.id, t1.title FROM posts AS t1 WHERE TRUE ORDER BY t1.id LIMIT 20

-- profiles.totalCount
SELECT 0, (SELECT count(*) FROM profiles AS t1)

-- tags
SELECT t1.id, t1.name FROM tags AS t1 WHERE TRUE ORDER BY t1.id LIMIT 20

-- tags.nodes.posts.totalCount
-- sqlite
SELECT k.value, (SELECT count(*) FROM post_tags AS lt1 WHERE lt1.tag_id = k.value) FROM json_each(?) AS k
-- postgres
SELECT k.key, (SELECT count(*) FROM post_tags AS lt1 WHERE lt1.tag_id = k.key) FROM unnest((SELECT ?::bigint[])) AS k(key)

-- users
SELECT t1.id, t1.username FROM users AS t1 WHERE TRUE ORDER BY t1.id LIMIT 20

-- 6 planned, 7 resolved
