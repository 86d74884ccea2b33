-- insert Post
-- sqlite
INSERT INTO posts (author_id, title, content, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO posts (author_id, title, content, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- a
SELECT t1.id, t1.id, t1.author_id, t1.title, t1.content, t1.created_at, t1.updated_at, t1.version FROM posts AS t1 WHERE t1.id = ?

-- 2 planned, 2 resolved
