-- insert Post
-- sqlite
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO posts (title, content, author_id, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- createPost
SELECT t1.id, t1.id, t1.author_id, t2.id, t2.username FROM posts AS t1 LEFT JOIN users AS t2 ON t2.id = t1.author_id WHERE t1.id = ?

-- 2 planned, 3 resolved
