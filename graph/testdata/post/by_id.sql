-- none
SELECT t1.id, t1.id FROM posts AS t1 WHERE t1.id = ?

-- post
SELECT t1.id, t1.id, t1.title, t1.content, t1.created_at, t1.updated_at, t1.version FROM posts AS t1 WHERE t1.id = ?

-- 2 planned, 1 resolved
