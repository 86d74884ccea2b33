-- operation Delete
-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR UPDATE) AS locked

-- lock Profile
-- postgres alone
SELECT count(*) FROM (SELECT id FROM profiles WHERE id IN (SELECT id FROM profiles WHERE user_id IN (SELECT id FROM users WHERE id = ?)) ORDER BY id FOR UPDATE) AS locked

-- lock Address
-- postgres alone
SELECT count(*) FROM (SELECT id FROM addresses WHERE id IN (SELECT id FROM addresses WHERE user_id IN (SELECT id FROM users WHERE id = ?)) ORDER BY id FOR UPDATE) AS locked

-- lock Post
-- postgres alone
SELECT count(*) FROM (SELECT id FROM posts WHERE id IN (SELECT id FROM posts WHERE author_id IN (SELECT id FROM users WHERE id = ?)) ORDER BY id FOR UPDATE) AS locked

-- User
-- sqlite
SELECT t.version, COALESCE(t.id, 0) FROM users AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.id, 0) FROM users AS t WHERE t.id = ? FOR UPDATE

-- delete User.profile
DELETE FROM profiles WHERE user_id IN (SELECT id FROM users WHERE id = ?)

-- delete User.address
-- sqlite
UPDATE addresses SET user_id = NULL, version = version + 1, updated_at = ? WHERE user_id IN (SELECT id FROM users WHERE id = ?)
-- postgres
UPDATE addresses SET user_id = NULL, version = version + 1, updated_at = ?::timestamp WHERE user_id IN (SELECT id FROM users WHERE id = ?)

-- delete Post.tags
-- sqlite
DELETE FROM post_tags WHERE post_id IN (SELECT id FROM posts WHERE author_id IN (SELECT id FROM users WHERE id = ?))
-- postgres
DELETE FROM post_tags WHERE (post_id, tag_id) IN (SELECT post_id, tag_id FROM post_tags WHERE post_id IN (SELECT id FROM posts WHERE author_id IN (SELECT id FROM users WHERE id = ?)) ORDER BY post_id, tag_id FOR UPDATE)

-- delete User.posts
DELETE FROM posts WHERE author_id IN (SELECT id FROM users WHERE id = ?)

-- delete User
DELETE FROM users WHERE id = ?

-- 6 planned, 6 resolved

-- operation Read
-- node
SELECT t1.id, t1.id FROM users AS t1 WHERE t1.id = ?

-- nodes
SELECT t1.id, t1.id FROM users AS t1 WHERE t1.id = ?

-- user
SELECT t1.id, t1.id FROM users AS t1 WHERE t1.id = ?

-- 3 planned, 2 resolved

-- operation Update
-- update User
-- sqlite
UPDATE users SET name = ?, name_words = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (name IS DISTINCT FROM ?) RETURNING id
-- postgres
UPDATE users SET name = ?, name_words = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (name IS DISTINCT FROM ?) RETURNING id

-- User
-- sqlite
SELECT t.version, COALESCE(t.id, 0), (name IS DISTINCT FROM ?), t.id FROM users AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.id, 0), (name IS DISTINCT FROM ?), t.id FROM users AS t WHERE t.id = ? FOR NO KEY UPDATE

-- 2 planned, 2 resolved

-- operation Again
-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR UPDATE) AS locked

-- lock Profile
-- postgres alone
SELECT count(*) FROM (SELECT id FROM profiles WHERE id IN (SELECT id FROM profiles WHERE user_id IN (SELECT id FROM users WHERE id = ?)) ORDER BY id FOR UPDATE) AS locked

-- lock Address
-- postgres alone
SELECT count(*) FROM (SELECT id FROM addresses WHERE id IN (SELECT id FROM addresses WHERE user_id IN (SELECT id FROM users WHERE id = ?)) ORDER BY id FOR UPDATE) AS locked

-- lock Post
-- postgres alone
SELECT count(*) FROM (SELECT id FROM posts WHERE id IN (SELECT id FROM posts WHERE author_id IN (SELECT id FROM users WHERE id = ?)) ORDER BY id FOR UPDATE) AS locked

-- User
-- sqlite
SELECT t.version, COALESCE(t.id, 0) FROM users AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.id, 0) FROM users AS t WHERE t.id = ? FOR UPDATE

-- 1 planned, 1 resolved

-- operation Refer
-- insert Post
-- sqlite
INSERT INTO posts (author_id, title, content, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO posts (author_id, title, content, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- Post.authorId
-- sqlite
SELECT id, id FROM users WHERE id = ? ORDER BY id
-- postgres
SELECT id, id FROM users WHERE id = ? ORDER BY id FOR KEY SHARE

-- 2 planned, 2 resolved

-- operation Move
-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR KEY SHARE) AS locked

-- lock Address
-- postgres alone
SELECT count(*) FROM (SELECT id FROM addresses WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR UPDATE) AS locked

-- Address
-- sqlite
SELECT t.version, COALESCE(t.user_id, 0) FROM addresses AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.user_id, 0) FROM addresses AS t WHERE t.id = ? FOR UPDATE

-- Address.userId
-- sqlite
SELECT id, id FROM users WHERE id = ? ORDER BY id
-- postgres
SELECT id, id FROM users WHERE id = ? ORDER BY id FOR KEY SHARE

-- 2 planned, 2 resolved
