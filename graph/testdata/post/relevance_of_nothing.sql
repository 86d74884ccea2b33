-- posts
SELECT t1.id, t1.title FROM posts AS t1 WHERE TRUE ORDER BY t1.title DESC, t1.id LIMIT 2

-- 1 planned, 1 resolved
