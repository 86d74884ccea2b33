-- lock Post
-- postgres alone
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.title = ? ORDER BY t.id LIMIT ?

-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR KEY SHARE) AS locked

-- insert Post
-- sqlite
INSERT INTO posts (author_id, title, content, title_words, content_words, created_at, updated_at) SELECT r.value ->> 'author_id', r.value ->> 'title', r.value ->> 'content', r.value ->> 'title_words', r.value ->> 'content_words', ?, ? FROM json_each(?) AS r RETURNING id
-- postgres
INSERT INTO posts (author_id, title, content, title_words, content_words, created_at, updated_at) SELECT r.author_id, r.title, r.content, r.title_words, r.content_words, ?::timestamp, ?::timestamp FROM json_to_recordset(?::json) AS r(author_id bigint, title text, content text, title_words text, content_words text) RETURNING id

-- made
-- sqlite
SELECT k.key, t1.id, t1.title FROM json_each(?) AS k JOIN posts AS t1 ON t1.id = k.value
-- postgres
SELECT k.key, t1.id, t1.title FROM unnest((SELECT ?::bigint[])) AS k(key) JOIN posts AS t1 ON t1.id = k.key

-- Post
-- sqlite
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.title = ? ORDER BY t.id LIMIT ?
-- postgres
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.title = ? ORDER BY t.id LIMIT ? FOR UPDATE

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

-- 5 planned, 5 resolved
