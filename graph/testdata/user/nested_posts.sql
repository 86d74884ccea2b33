-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR NO KEY UPDATE) AS locked

-- lock Post
-- postgres alone
SELECT count(*) FROM (SELECT id FROM posts WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR UPDATE) AS locked

-- lock Tag
-- postgres alone
SELECT count(*) FROM (SELECT id FROM tags WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key) UNION ALL SELECT id FROM tags WHERE name = ANY(?::text[])) ORDER BY id FOR KEY SHARE) AS locked

-- User
-- sqlite
SELECT t.version, COALESCE(t.id, 0) FROM users AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.id, 0) FROM users AS t WHERE t.id = ? FOR NO KEY UPDATE

-- User.posts
-- sqlite
SELECT t.id, COALESCE(t.author_id, 0), t.version, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.id IN (SELECT value FROM json_each(?)) ORDER BY t.id
-- postgres
SELECT t.id, COALESCE(t.author_id, 0), t.version, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.id = ANY(?::bigint[]) ORDER BY t.id FOR UPDATE

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

-- Post.tags
-- sqlite
SELECT t.id, 0 FROM tags AS t WHERE t.id = ? ORDER BY t.id
-- postgres
SELECT t.id, 0 FROM tags AS t WHERE t.id = ? ORDER BY t.id FOR KEY SHARE

-- Post.tags
-- sqlite
SELECT t.id, 0 FROM tags AS t WHERE t.id = ? ORDER BY t.id
-- postgres
SELECT t.id, 0 FROM tags AS t WHERE t.id = ? ORDER BY t.id FOR KEY SHARE

-- update User
-- sqlite
UPDATE users SET name = ?, name_words = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (name IS DISTINCT FROM ?) RETURNING id
-- postgres
UPDATE users SET name = ?, name_words = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (name IS DISTINCT FROM ?) RETURNING id

-- update Post
-- sqlite
UPDATE posts AS t SET title = CASE WHEN r.value ->> 'gives_title' THEN r.value ->> 'title' ELSE t.title END, title_words = CASE WHEN r.value ->> 'gives_title_words' THEN r.value ->> 'title_words' ELSE t.title_words END, content = CASE WHEN r.value ->> 'gives_content' THEN r.value ->> 'content' ELSE t.content END, content_words = CASE WHEN r.value ->> 'gives_content_words' THEN r.value ->> 'content_words' ELSE t.content_words END, updated_at = ?, version = t.version + 1 FROM json_each(?) AS r WHERE t.id = r.value ->> 'id' AND (t.title IS DISTINCT FROM CASE WHEN r.value ->> 'gives_title' THEN r.value ->> 'title' ELSE t.title END OR t.content IS DISTINCT FROM CASE WHEN r.value ->> 'gives_content' THEN r.value ->> 'content' ELSE t.content END)
-- postgres
UPDATE posts AS t SET title = CASE WHEN r.gives_title THEN r.title ELSE t.title END, title_words = CASE WHEN r.gives_title_words THEN r.title_words ELSE t.title_words END, content = CASE WHEN r.gives_content THEN r.content ELSE t.content END, content_words = CASE WHEN r.gives_content_words THEN r.content_words ELSE t.content_words END, updated_at = ?::timestamp, version = t.version + 1 FROM json_to_recordset(?::json) AS r(id bigint, title text, title_words text, content text, content_words text, gives_title boolean, gives_title_words boolean, gives_content boolean, gives_content_words boolean) WHERE t.id = r.id AND (t.title IS DISTINCT FROM CASE WHEN r.gives_title THEN r.title ELSE t.title END OR t.content IS DISTINCT FROM CASE WHEN r.gives_content THEN r.content ELSE t.content END)

-- update Post
-- sqlite
UPDATE posts SET author_id = ?, updated_at = ?, version = version + 1 WHERE id IN (SELECT value FROM json_each(?)) AND (author_id IS DISTINCT FROM ?)
-- postgres
UPDATE posts SET author_id = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ANY(?::bigint[]) AND (author_id IS DISTINCT FROM ?)

-- insert Post
-- sqlite
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) SELECT r.value ->> 'title', r.value ->> 'content', r.value ->> 'author_id', r.value ->> 'title_words', r.value ->> 'content_words', ?, ? FROM json_each(?) AS r RETURNING id
-- postgres
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) SELECT r.title, r.content, r.author_id, r.title_words, r.content_words, ?::timestamp, ?::timestamp FROM json_to_recordset(?::json) AS r(title text, content text, author_id bigint, title_words text, content_words text) RETURNING id

-- link Post.tags
-- sqlite
INSERT INTO post_tags (post_id, tag_id) SELECT r.value ->> 'post_id', r.value ->> 'tag_id' FROM json_each(?) AS r WHERE TRUE ON CONFLICT (post_id, tag_id) DO NOTHING
-- postgres
INSERT INTO post_tags (post_id, tag_id) SELECT r.post_id, r.tag_id FROM json_to_recordset(?::json) AS r(post_id bigint, tag_id bigint) WHERE TRUE ON CONFLICT (post_id, tag_id) DO NOTHING

-- link Post.tags
-- sqlite
INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM tags AS t WHERE t.name IN (SELECT value FROM json_each(?)) ON CONFLICT (post_id, tag_id) DO NOTHING
-- postgres
INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM (SELECT id, name FROM tags WHERE name = ANY(?::text[]) ORDER BY id FOR KEY SHARE) AS t WHERE TRUE ON CONFLICT (post_id, tag_id) DO NOTHING

-- insert Tag
-- sqlite
INSERT INTO tags (name, created_at, updated_at) SELECT r.value ->> 'name', ?, ? FROM json_each(?) AS r WHERE NOT EXISTS (SELECT 1 FROM tags AS t WHERE t.name = r.value ->> 'name') ON CONFLICT (name) DO NOTHING
-- postgres
INSERT INTO tags (id, name, created_at, updated_at) SELECT n.id, n.name, ?::timestamp, ?::timestamp FROM (SELECT nextval(pg_get_serial_sequence('tags', 'id')) AS id, r.name FROM json_to_recordset(?::json) AS r(name text) WHERE NOT EXISTS (SELECT 1 FROM tags AS t WHERE t.name = r.name)) AS n ORDER BY n.name ON CONFLICT (name) DO NOTHING

-- link Post.tags
-- sqlite
INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM tags AS t WHERE t.name IN (SELECT value FROM json_each(?)) ON CONFLICT (post_id, tag_id) DO UPDATE SET tag_id = excluded.tag_id
-- postgres
INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM (SELECT id, name FROM tags WHERE name = ANY(?::text[]) ORDER BY id FOR KEY SHARE) AS t WHERE TRUE ON CONFLICT (post_id, tag_id) DO UPDATE SET tag_id = excluded.tag_id

-- unlink Post.tags
-- sqlite
DELETE FROM post_tags WHERE post_id = ? AND (post_id, tag_id) NOT IN (SELECT r.value ->> 'post_id', r.value ->> 'tag_id' FROM json_each(?) AS r)
-- postgres
DELETE FROM post_tags WHERE (post_id, tag_id) IN (SELECT post_id, tag_id FROM post_tags WHERE post_id = ? AND (post_id, tag_id) NOT IN (SELECT r.post_id, r.tag_id FROM json_to_recordset(?::json) AS r(post_id bigint, tag_id bigint)) ORDER BY post_id, tag_id FOR UPDATE)

-- unlink Post.tags
-- sqlite
DELETE FROM post_tags WHERE (post_id, tag_id) IN (SELECT r.value ->> 'post_id', t.id FROM json_each(?) AS r JOIN tags AS t ON t.name = r.value ->> 'name')
-- postgres
DELETE FROM post_tags WHERE (post_id, tag_id) IN (SELECT post_id, tag_id FROM post_tags WHERE (post_id, tag_id) IN (SELECT r.post_id, t.id FROM json_to_recordset(?::json) AS r(post_id bigint, name text) JOIN tags AS t ON t.name = r.name) ORDER BY post_id, tag_id FOR UPDATE)

-- link Post.tags
-- sqlite
INSERT INTO post_tags (post_id, tag_id) SELECT r.value ->> 'post_id', r.value ->> 'tag_id' FROM json_each(?) AS r WHERE TRUE ON CONFLICT (post_id, tag_id) DO NOTHING
-- postgres
INSERT INTO post_tags (post_id, tag_id) SELECT r.post_id, r.tag_id FROM json_to_recordset(?::json) AS r(post_id bigint, tag_id bigint) WHERE TRUE ON CONFLICT (post_id, tag_id) DO NOTHING

-- link Post.tags
-- sqlite
INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM tags AS t WHERE t.name IN (SELECT value FROM json_each(?)) ON CONFLICT (post_id, tag_id) DO UPDATE SET tag_id = excluded.tag_id
-- postgres
INSERT INTO post_tags (post_id, tag_id) SELECT CAST(? AS bigint), t.id FROM (SELECT id, name FROM tags WHERE name = ANY(?::text[]) ORDER BY id FOR KEY SHARE) AS t WHERE TRUE ON CONFLICT (post_id, tag_id) DO UPDATE SET tag_id = excluded.tag_id

-- updateUser
SELECT t1.id, t1.id, t1.name, t1.version FROM users AS t1 WHERE t1.id = ?

-- updateUser.user.posts
-- sqlite
SELECT k.key, t1.id, t1.title, t1.content, t1.version, t1.author_id, t2.id, t2.username FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT t3.id AS key FROM posts AS t3 WHERE t3.author_id = k.value ORDER BY t3.id LIMIT 100))) AS p CROSS JOIN posts AS t1 ON t1.id = p.value LEFT JOIN users AS t2 ON t2.id = t1.author_id
-- postgres
SELECT k.key, t1.id, t1.title, t1.content, t1.version, t1.author_id, t2.id, t2.username FROM (SELECT (SELECT ?::bigint) AS key) AS k CROSS JOIN LATERAL (SELECT t3.id, t3.title, t3.content, t3.version, t3.author_id FROM posts AS t3 WHERE t3.author_id = k.key ORDER BY t3.id LIMIT 100) AS t1 LEFT JOIN users AS t2 ON t2.id = t1.author_id ORDER BY k.key, t1.id

-- updateUser.user.posts.nodes.tags
-- sqlite
SELECT k.key, t1.id, t1.name FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT lt2.tag_id AS key FROM post_tags AS lt2 WHERE lt2.post_id = k.value ORDER BY lt2.tag_id LIMIT 20))) AS p CROSS JOIN tags AS t1 ON t1.id = p.value
-- postgres
SELECT k.key, t1.id, t1.name FROM (SELECT k.key, lt2.tag_id FROM unnest((SELECT ?::bigint[])) AS k(key) CROSS JOIN LATERAL (SELECT lt2.tag_id FROM post_tags AS lt2 WHERE lt2.post_id = k.key ORDER BY lt2.tag_id LIMIT 20) AS lt2 OFFSET 0) AS k JOIN tags AS t1 ON t1.id = k.tag_id ORDER BY k.key, t1.id

-- 21 planned, 22 resolved
