-- lock Address
-- postgres alone
SELECT count(*) FROM (SELECT id FROM addresses WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR UPDATE) AS locked

-- lock Post
-- postgres alone
SELECT count(*) FROM (SELECT id FROM posts WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR NO KEY UPDATE) AS locked

-- lock Tag
-- postgres alone
SELECT count(*) FROM (SELECT id FROM tags WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR KEY SHARE) AS locked

-- User.address
-- sqlite
SELECT t.id, COALESCE(t.user_id, 0), t.version, COALESCE(t.user_id, 0) FROM addresses AS t WHERE t.id = ? ORDER BY t.id
-- postgres
SELECT t.id, COALESCE(t.user_id, 0), t.version, COALESCE(t.user_id, 0) FROM addresses AS t WHERE t.id = ? ORDER BY t.id FOR UPDATE

-- User.posts
-- sqlite
SELECT t.id, COALESCE(t.author_id, 0), t.version, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.id IN (SELECT value FROM json_each(?)) ORDER BY t.id
-- postgres
SELECT t.id, COALESCE(t.author_id, 0), t.version, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.id = ANY(?::bigint[]) ORDER BY t.id FOR NO KEY UPDATE

-- Post.tags
-- sqlite
SELECT t.id, 0 FROM tags AS t WHERE t.id = ? ORDER BY t.id
-- postgres
SELECT t.id, 0 FROM tags AS t WHERE t.id = ? ORDER BY t.id FOR KEY SHARE

-- User.username
SELECT id, username FROM users WHERE username = ?

-- insert User
-- sqlite
INSERT INTO users (username, name, password_hash, username_words, name_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO users (username, name, password_hash, username_words, name_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- update Address
-- sqlite
UPDATE addresses SET user_id = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (user_id IS DISTINCT FROM ?)
-- postgres
UPDATE addresses SET user_id = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (user_id IS DISTINCT FROM ?)

-- update Post
-- sqlite
UPDATE posts SET author_id = ?, updated_at = ?, version = version + 1 WHERE id IN (SELECT value FROM json_each(?)) AND (author_id IS DISTINCT FROM ?)
-- postgres
UPDATE posts SET author_id = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ANY(?::bigint[]) AND (author_id IS DISTINCT FROM ?)

-- insert Post
-- sqlite
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- link Post.tags
-- sqlite
INSERT INTO post_tags (post_id, tag_id) SELECT r.value ->> 'post_id', r.value ->> 'tag_id' FROM json_each(?) AS r WHERE TRUE ON CONFLICT (post_id, tag_id) DO NOTHING
-- postgres
INSERT INTO post_tags (post_id, tag_id) SELECT r.post_id, r.tag_id FROM json_to_recordset(?::json) AS r(post_id bigint, tag_id bigint) WHERE TRUE ON CONFLICT (post_id, tag_id) DO NOTHING

-- createUser
SELECT t1.id, t1.id, t2.id, t2.email_address, t2.version FROM users AS t1 LEFT JOIN addresses AS t2 ON t2.user_id = t1.id WHERE t1.id = ?

-- createUser.user.posts
-- sqlite
SELECT k.key, t1.id, t1.title, t1.content, t1.version, t1.author_id, t2.id, t2.username FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT t3.id AS key FROM posts AS t3 WHERE t3.author_id = k.value ORDER BY t3.id LIMIT 100))) AS p CROSS JOIN posts AS t1 ON t1.id = p.value LEFT JOIN users AS t2 ON t2.id = t1.author_id
-- postgres
SELECT k.key, t1.id, t1.title, t1.content, t1.version, t1.author_id, t2.id, t2.username FROM (SELECT (SELECT ?::bigint) AS key) AS k CROSS JOIN LATERAL (SELECT t3.id, t3.title, t3.content, t3.version, t3.author_id FROM posts AS t3 WHERE t3.author_id = k.key ORDER BY t3.id LIMIT 100) AS t1 LEFT JOIN users AS t2 ON t2.id = t1.author_id ORDER BY k.key, t1.id

-- createUser.user.posts.nodes.tags
-- sqlite
SELECT k.key, t1.id, t1.name FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT lt2.tag_id AS key FROM post_tags AS lt2 WHERE lt2.post_id = k.value ORDER BY lt2.tag_id LIMIT 20))) AS p CROSS JOIN tags AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.name FROM (SELECT k.key, lt2.tag_id FROM unnest((SELECT ?::bigint[])) AS k(key) CROSS JOIN LATERAL (SELECT lt2.tag_id FROM post_tags AS lt2 WHERE lt2.post_id = k.key ORDER BY lt2.tag_id LIMIT 20) AS lt2 OFFSET 0) AS k JOIN tags AS t1 ON t1.id = k.tag_id ORDER BY k.key, t1.id

-- 12 planned, 14 resolved
