-- operation Few
-- Post
-- sqlite
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE TRUE ORDER BY t.id LIMIT ?
-- postgres
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE TRUE ORDER BY t.id LIMIT ? FOR NO KEY UPDATE

-- 1 planned, 1 resolved

-- operation Negative
-- 0 planned, 0 resolved

-- operation After
-- posts.totalCount
SELECT 0, count(*) FROM posts AS t1 WHERE t1.title = ?

-- 1 planned, 1 resolved
