-- lock Tag
-- postgres alone
SELECT count(*) FROM (SELECT id FROM tags WHERE id IN (SELECT id FROM tags WHERE name = ANY(?::text[])) ORDER BY id FOR KEY SHARE) AS locked

-- lock names of Tag
-- postgres alone
INSERT INTO tags (id, name, created_at, updated_at) SELECT n.id, n.name, ?::timestamp, ?::timestamp FROM (SELECT nextval(pg_get_serial_sequence('tags', 'id')) AS id, r.name FROM json_to_recordset(?::json) AS r(name text) WHERE NOT EXISTS (SELECT 1 FROM tags AS t WHERE t.name = r.name)) AS n ORDER BY n.name ON CONFLICT (name) DO NOTHING

-- User.username
-- sqlite
SELECT id, username FROM users WHERE username IN (SELECT value FROM json_each(?))
-- postgres
SELECT id, username FROM users WHERE username = ANY(?::text[])

-- insert User
-- sqlite
INSERT INTO users (username, name, password_hash, username_words, name_words, created_at, updated_at) SELECT r.value ->> 'username', r.value ->> 'name', r.value ->> 'password_hash', r.value ->> 'username_words', r.value ->> 'name_words', ?, ? FROM json_each(?) AS r RETURNING id
-- postgres
INSERT INTO users (id, username, name, password_hash, username_words, name_words, created_at, updated_at) SELECT n.id, n.username, n.name, n.password_hash, n.username_words, n.name_words, ?::timestamp, ?::timestamp FROM (SELECT nextval(pg_get_serial_sequence('users', 'id')) AS id, r.username, r.name, r.password_hash, r.username_words, r.name_words FROM json_to_recordset(?::json) AS r(username text, name text, password_hash text, username_words text, name_words text)) AS n ORDER BY n.username RETURNING id

-- insert Profile
-- sqlite
INSERT INTO profiles (full_name, user_id, created_at, updated_at) VALUES (?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO profiles (full_name, user_id, created_at, updated_at) VALUES (?, ?, ?::timestamp, ?::timestamp) RETURNING id

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

-- createUsers
-- sqlite
SELECT k.key, t1.id, t1.username, t1.name, t2.id, t2.full_name, t3.id, t3.email_address FROM json_each(?) AS k JOIN users AS t1 ON t1.id = k.value LEFT JOIN profiles AS t2 ON t2.user_id = t1.id LEFT JOIN addresses AS t3 ON t3.user_id = t1.id
-- postgres
SELECT k.key, t1.id, t1.username, t1.name, t2.id, t2.full_name, t3.id, t3.email_address FROM unnest((SELECT ?::bigint[])) AS k(key) JOIN users AS t1 ON t1.id = k.key LEFT JOIN profiles AS t2 ON t2.user_id = t1.id LEFT JOIN addresses AS t3 ON t3.user_id = t1.id

-- createUsers.users.posts
-- sqlite
SELECT k.key, t1.id, t1.title FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT t2.id AS key FROM posts AS t2 WHERE t2.author_id = k.value ORDER BY t2.id LIMIT 20))) AS p CROSS JOIN posts AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.title FROM unnest((SELECT ?::bigint[])) AS k(key) CROSS JOIN LATERAL (SELECT t2.id, t2.title FROM posts AS t2 WHERE t2.author_id = k.key ORDER BY t2.id LIMIT 20) AS t1 ORDER BY k.key, t1.id

-- createUsers.users.posts.nodes.tags
-- sqlite
SELECT k.key, t1.id, t1.name FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT lt2.tag_id AS key FROM post_tags AS lt2 WHERE lt2.post_id = k.value ORDER BY lt2.tag_id LIMIT 20))) AS p CROSS JOIN tags AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.name FROM (SELECT k.key, lt2.tag_id FROM unnest((SELECT ?::bigint[])) AS k(key) CROSS JOIN LATERAL (SELECT lt2.tag_id FROM post_tags AS lt2 WHERE lt2.post_id = k.key ORDER BY lt2.tag_id LIMIT 20) AS lt2 OFFSET 0) AS k JOIN tags AS t1 ON t1.id = k.tag_id ORDER BY k.key, t1.id

-- 10 planned, 12 resolved
