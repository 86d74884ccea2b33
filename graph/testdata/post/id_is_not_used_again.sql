-- operation Delete
-- Post
-- sqlite
SELECT t.version, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.id = ? FOR UPDATE

-- delete Post.tags
-- sqlite
DELETE FROM post_tags WHERE post_id IN (SELECT id FROM posts WHERE id = ?)
-- postgres
DELETE FROM post_tags WHERE (post_id, tag_id) IN (SELECT post_id, tag_id FROM post_tags WHERE post_id IN (SELECT id FROM posts WHERE id = ?) ORDER BY post_id, tag_id FOR UPDATE)

-- delete Post
DELETE FROM posts WHERE id = ?

-- 3 planned, 3 resolved

-- operation Create
-- insert Post
-- sqlite
INSERT INTO posts (author_id, title, content, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO posts (author_id, title, content, title_words, content_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- 1 planned, 2 resolved
