-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR KEY SHARE) AS locked

-- insert Post
-- sqlite
INSERT INTO posts (author_id, title, content, title_words, content_words, created_at, updated_at) SELECT r.value ->> 'author_id', r.value ->> 'title', r.value ->> 'content', r.value ->> 'title_words', r.value ->> 'content_words', ?, ? FROM json_each(?) AS r RETURNING id
-- postgres
INSERT INTO posts (author_id, title, content, title_words, content_words, created_at, updated_at) SELECT r.author_id, r.title, r.content, r.title_words, r.content_words, ?::timestamp, ?::timestamp FROM json_to_recordset(?::json) AS r(author_id bigint, title text, content text, title_words text, content_words text) RETURNING id

-- 1 planned, 1 resolved
