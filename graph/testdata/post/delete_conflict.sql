-- Post
-- sqlite
SELECT t.version, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.author_id, 0) FROM posts AS t WHERE t.id = ? FOR UPDATE

-- deletePost
SELECT t1.id, t1.id, t1.author_id, t1.title, t1.content, t1.created_at, t1.updated_at, t1.version FROM posts AS t1 WHERE t1.id = ?

-- deletePost
SELECT t1.id, t1.id, t1.author_id, t1.title, t1.content, t1.created_at, t1.updated_at, t1.version FROM posts AS t1 WHERE t1.id = ?

-- 3 planned, 3 resolved
