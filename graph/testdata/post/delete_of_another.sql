-- Post
-- sqlite
SELECT t.version, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.id = ? FOR UPDATE

-- 1 planned, 1 resolved
