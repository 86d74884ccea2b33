-- operation Delete
-- Post
-- sqlite
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE TRUE ORDER BY t.id LIMIT ?
-- postgres
SELECT t.id, COALESCE(t.author_id, 0) FROM posts AS t WHERE TRUE ORDER BY t.id LIMIT ? FOR UPDATE

-- 1 planned, 1 resolved

-- operation Read
-- posts.totalCount
SELECT 0, (SELECT count(*) FROM posts AS t1)

-- 1 planned, 1 resolved
