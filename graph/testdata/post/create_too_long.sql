-- insert Post
-- sqlite
INSERT INTO posts (author_id, title, content, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id, title
-- postgres
INSERT INTO posts (author_id, title, content, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id, title

-- 1 planned, 2 resolved
