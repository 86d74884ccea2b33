-- User.username
SELECT id, username FROM users WHERE username = ?

-- insert User
-- sqlite
INSERT INTO users (username, name, password_hash, username_words, name_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO users (username, name, password_hash, username_words, name_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- insert Post
-- sqlite
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- link Post.tags
-- sqlite
INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM tags AS t WHERE t.name IN (SELECT value FROM json_each(?)) ON CONFLICT (post_id, tag_id) DO NOTHING
-- postgres
INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM (SELECT id, name FROM tags WHERE name = ANY(?::text[]) ORDER BY id FOR KEY SHARE) AS t WHERE TRUE ON CONFLICT (post_id, tag_id) DO NOTHING

-- createUser
SELECT t1.id, t1.id, t1.username FROM users AS t1 WHERE t1.id = ?

-- createUser.user.posts
-- sqlite
SELECT k.key, t1.id, t1.title FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT t2.id AS key FROM posts AS t2 WHERE t2.author_id = k.value ORDER BY t2.id LIMIT 20))) AS p CROSS JOIN posts AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.title FROM (SELECT (SELECT ?::bigint) AS key) AS k CROSS JOIN LATERAL (SELECT t2.id, t2.title FROM posts AS t2 WHERE t2.author_id = k.key ORDER BY t2.id LIMIT 20) AS t1 ORDER BY k.key, t1.id

-- createUser.user.posts.nodes.tags
-- sqlite
SELECT k.key, t1.id, t1.name FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT lt2.tag_id AS key FROM post_tags AS lt2 WHERE lt2.post_id = k.value ORDER BY lt2.tag_id LIMIT 20))) AS p CROSS JOIN tags AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.name FROM (SELECT k.key, lt2.tag_id FROM (SELECT (SELECT ?::bigint) AS key) AS k CROSS JOIN LATERAL (SELECT lt2.tag_id FROM post_tags AS lt2 WHERE lt2.post_id = k.key ORDER BY lt2.tag_id LIMIT 20) AS lt2 OFFSET 0) AS k JOIN tags AS t1 ON t1.id = k.tag_id ORDER BY k.key, t1.id

-- 7 planned, 7 resolved
