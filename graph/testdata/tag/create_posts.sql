-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest(?::bigint[]) AS k(key)) ORDER BY id FOR KEY SHARE) AS locked

-- lock Post
-- postgres alone
SELECT count(*) FROM (SELECT id FROM posts WHERE id IN (SELECT k.key FROM unnest(?::bigint[]) AS k(key)) ORDER BY id FOR KEY SHARE) AS locked

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
INSERT INTO tags (name, created_at, updated_at) SELECT r.value ->> 'name', ?, ? FROM json_each(?) AS r RETURNING id
-- postgres
INSERT INTO tags (name, created_at, updated_at) SELECT r.name, ?::timestamp, ?::timestamp FROM json_to_recordset(?::json) AS r(name text) RETURNING id

-- link Tag.posts
-- sqlite
INSERT INTO post_tags (tag_id, post_id) SELECT r.value ->> 'tag_id', r.value ->> 'post_id' FROM json_each(?) AS r WHERE TRUE ON CONFLICT (tag_id, post_id) DO NOTHING
-- postgres
INSERT INTO post_tags (tag_id, post_id) SELECT r.tag_id, r.post_id FROM json_to_recordset(?::json) AS r(tag_id bigint, post_id bigint) WHERE TRUE ON CONFLICT (tag_id, post_id) DO NOTHING

-- insert Post
-- sqlite
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) SELECT r.value ->> 'title', r.value ->> 'content', r.value ->> 'author_id', r.value ->> 'title_words', r.value ->> 'content_words', ?, ? FROM json_each(?) AS r RETURNING id
-- postgres
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) SELECT r.title, r.content, r.author_id, r.title_words, r.content_words, ?::timestamp, ?::timestamp FROM json_to_recordset(?::json) AS r(title text, content text, author_id bigint, title_words text, content_words text) RETURNING id

-- link Tag.posts
-- sqlite
INSERT INTO post_tags (tag_id, post_id) SELECT r.value ->> 'tag_id', r.value ->> 'post_id' FROM json_each(?) AS r WHERE TRUE ON CONFLICT (tag_id, post_id) DO NOTHING
-- postgres
INSERT INTO post_tags (tag_id, post_id) SELECT r.tag_id, r.post_id FROM json_to_recordset(?::json) AS r(tag_id bigint, post_id bigint) WHERE TRUE ON CONFLICT (tag_id, post_id) DO NOTHING

-- createTag
SELECT t1.id, t1.id, t1.name, t1.created_at, t1.updated_at, t1.version FROM tags AS t1 WHERE t1.id = ?

-- createTag.tag.posts
-- sqlite
SELECT k.value, t1.id, t1.author_id, t1.title, t1.content, t1.created_at, t1.updated_at, t1.version FROM json_each(?) AS k CROSS JOIN posts AS t1 ON t1.id IN (SELECT lt2.post_id FROM post_tags AS lt2 WHERE lt2.tag_id = k.value ORDER BY lt2.post_id LIMIT 21) ORDER BY k.value, t1.id
-- postgres
SELECT k.key, t1.id, t1.author_id, t1.title, t1.content, t1.created_at, t1.updated_at, t1.version FROM (SELECT k.key, lt2.post_id FROM unnest(?::bigint[]) AS k(key) CROSS JOIN LATERAL (SELECT lt2.post_id FROM post_tags AS lt2 WHERE lt2.tag_id BETWEEN k.key AND k.key ORDER BY lt2.tag_id, lt2.post_id LIMIT 21) AS lt2 OFFSET 0) AS k JOIN posts AS t1 ON t1.id = k.post_id ORDER BY k.key, t1.id

-- createTag.tag.posts.nodes.author
-- sqlite
SELECT k.value, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM json_each(?) AS k JOIN users AS t1 ON t1.id = k.value
-- postgres
SELECT k.key, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM unnest(?::bigint[]) AS k(key) JOIN users AS t1 ON t1.id = k.key

-- 10 planned, 10 resolved
