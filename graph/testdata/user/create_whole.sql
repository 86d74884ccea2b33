-- User.username
SELECT id, username FROM users WHERE username = ?

-- insert User
-- sqlite
INSERT INTO users (username, name, password_hash, username_words, name_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO users (username, name, password_hash, username_words, name_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- insert Profile
-- sqlite
INSERT INTO profiles (full_name, bio, user_id, created_at, updated_at) VALUES (?, ?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO profiles (full_name, bio, user_id, created_at, updated_at) VALUES (?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- insert Address
-- sqlite
INSERT INTO addresses (email_address, user_id, created_at, updated_at) VALUES (?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO addresses (email_address, user_id, created_at, updated_at) VALUES (?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- insert Post
-- sqlite
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) SELECT r.value ->> 'title', r.value ->> 'content', r.value ->> 'author_id', r.value ->> 'title_words', r.value ->> 'content_words', ?, ? FROM json_each(?) AS r RETURNING id
-- postgres
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) SELECT r.title, r.content, r.author_id, r.title_words, r.content_words, ?::timestamp, ?::timestamp FROM json_to_recordset(?::json) AS r(title text, content text, author_id bigint, title_words text, content_words text) RETURNING id

-- insert Tag
-- sqlite
INSERT INTO tags (name, created_at, updated_at) SELECT r.value ->> 'name', ?, ? FROM json_each(?) AS r WHERE NOT EXISTS (SELECT 1 FROM tags AS t WHERE t.name = r.value ->> 'name') ON CONFLICT (name) DO NOTHING
-- postgres
INSERT INTO tags (id, name, created_at, updated_at) SELECT n.id, n.name, ?::timestamp, ?::timestamp FROM (SELECT nextval(pg_get_serial_sequence('tags', 'id')) AS id, r.name FROM json_to_recordset(?::json) AS r(name text) WHERE NOT EXISTS (SELECT 1 FROM tags AS t WHERE t.name = r.name)) AS n ORDER BY n.name ON CONFLICT (name) DO NOTHING

-- link Post.tags
-- sqlite
INSERT INTO post_tags (post_id, tag_id) SELECT r.value ->> 'post_id', t.id FROM json_each(?) AS r CROSS JOIN tags AS t ON t.name = r.value ->> 'name' WHERE TRUE ON CONFLICT (post_id, tag_id) DO UPDATE SET tag_id = excluded.tag_id
-- postgres
INSERT INTO post_tags (post_id, tag_id) SELECT r.post_id, t.id FROM json_to_recordset(?::json) AS r(post_id bigint, name text) JOIN (SELECT id, name FROM tags WHERE name = ANY(?::text[]) ORDER BY id FOR KEY SHARE) AS t ON t.name = r.name WHERE TRUE ON CONFLICT (post_id, tag_id) DO UPDATE SET tag_id = excluded.tag_id

-- createUser
SELECT t1.id, t1.id, t1.username, t2.id, t2.full_name, t2.bio, t2.user_id, t3.id, t3.username, t4.id, t4.email_address, t4.user_id, t5.id, t5.username FROM users AS t1 LEFT JOIN profiles AS t2 ON t2.user_id = t1.id LEFT JOIN users AS t3 ON t3.id = t2.user_id LEFT JOIN addresses AS t4 ON t4.user_id = t1.id LEFT JOIN users AS t5 ON t5.id = t4.user_id WHERE t1.id = ?

-- createUser.user.posts
-- sqlite
SELECT k.key, t1.id, t1.title FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT t2.id AS key FROM posts AS t2 WHERE t2.author_id = k.value ORDER BY t2.id LIMIT 20))) AS p CROSS JOIN posts AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.title FROM (SELECT (SELECT ?::bigint) AS key) AS k CROSS JOIN LATERAL (SELECT t2.id, t2.title FROM posts AS t2 WHERE t2.author_id = k.key ORDER BY t2.id LIMIT 20) AS t1 ORDER BY k.key, t1.id

-- createUser.user.posts.nodes.tags
-- sqlite
SELECT k.key, t1.id, t1.name FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT lt2.tag_id AS key FROM post_tags AS lt2 WHERE lt2.post_id = k.value ORDER BY lt2.tag_id LIMIT 20))) AS p CROSS JOIN tags AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.name FROM (SELECT k.key, lt2.tag_id FROM unnest((SELECT ?::bigint[])) AS k(key) CROSS JOIN LATERAL (SELECT lt2.tag_id FROM post_tags AS lt2 WHERE lt2.post_id = k.key ORDER BY lt2.tag_id LIMIT 20) AS lt2 OFFSET 0) AS k JOIN tags AS t1 ON t1.id = k.tag_id ORDER BY k.key, t1.id

-- createUser.user.posts.totalCount
-- sqlite
SELECT k.value, (SELECT count(*) FROM posts AS t1 WHERE t1.author_id = k.value) FROM json_each(?) AS k
-- postgres
SELECT k.key, (SELECT count(*) FROM posts AS t1 WHERE t1.author_id = k.key) FROM (SELECT (SELECT ?::bigint) AS key) AS k

-- 11 planned, 15 resolved
