-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR KEY SHARE) AS locked

-- lock Post
-- postgres alone
SELECT count(*) FROM (SELECT id FROM posts WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR KEY SHARE) AS locked

-- Tag.posts
-- sqlite
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.id = ? ORDER BY t.id
-- postgres
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.id = ? ORDER BY t.id FOR KEY SHARE

-- Tag.name
SELECT id, name FROM tags WHERE name = ?

-- Post.authorId
-- sqlite
SELECT id, id FROM users WHERE id = ? ORDER BY id
-- postgres
SELECT id, id FROM users WHERE id = ? ORDER BY id FOR KEY SHARE

-- insert Tag
-- sqlite
INSERT INTO tags (name, created_at, updated_at) VALUES (?, ?, ?) RETURNING id
-- postgres
INSERT INTO tags (name, created_at, updated_at) VALUES (?, ?::timestamp, ?::timestamp) RETURNING id

-- link Tag.posts
-- sqlite
INSERT INTO post_tags (tag_id, post_id) SELECT r.value ->> 'tag_id', r.value ->> 'post_id' FROM json_each(?) AS r WHERE TRUE ON CONFLICT (tag_id, post_id) DO NOTHING
-- postgres
INSERT INTO post_tags (tag_id, post_id) SELECT r.tag_id, r.post_id FROM json_to_recordset(?::json) AS r(tag_id bigint, post_id bigint) WHERE TRUE ON CONFLICT (tag_id, post_id) DO NOTHING

-- insert Post
-- sqlite
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- link Tag.posts
-- sqlite
INSERT INTO post_tags (tag_id, post_id) SELECT r.value ->> 'tag_id', r.value ->> 'post_id' FROM json_each(?) AS r WHERE TRUE ON CONFLICT (tag_id, post_id) DO NOTHING
-- postgres
INSERT INTO post_tags (tag_id, post_id) SELECT r.tag_id, r.post_id FROM json_to_recordset(?::json) AS r(tag_id bigint, post_id bigint) WHERE TRUE ON CONFLICT (tag_id, post_id) DO NOTHING

-- createTag.tag.posts
-- sqlite
SELECT k.key, t1.id, t1.title, t1.author_id, t2.id, t2.username FROM json_each(?) AS k CROSS JOIN json_each((SELECT json_group_array(key) FROM (SELECT lt3.post_id AS key FROM post_tags AS lt3 WHERE lt3.tag_id = k.value ORDER BY lt3.post_id LIMIT 20))) AS p CROSS JOIN posts AS t1 ON t1.id = p.value LEFT JOIN users AS t2 ON t2.id = t1.author_id
-- postgres
SELECT k.key, t1.id, t1.title, t1.author_id, t2.id, t2.username FROM (SELECT k.key, lt3.post_id FROM (SELECT (SELECT ?::bigint) AS key) AS k CROSS JOIN LATERAL (SELECT lt3.post_id FROM post_tags AS lt3 WHERE lt3.tag_id = k.key ORDER BY lt3.post_id LIMIT 20) AS lt3 OFFSET 0) AS k JOIN posts AS t1 ON t1.id = k.post_id LEFT JOIN users AS t2 ON t2.id = t1.author_id ORDER BY k.key, t1.id

-- 8 planned, 10 resolved
