-- operation twice
-- posts
SELECT t1.id, t1.author_id, t1.title, t1.content, t1.created_at, t1.updated_at, t1.version FROM posts AS t1 WHERE TRUE ORDER BY t1.id LIMIT 21

-- 1 planned, 1 resolved

-- operation nothing
-- 0 planned, 0 resolved

-- operation many
-- 0 planned, 0 resolved

-- operation unordered
-- 0 planned, 0 resolved

-- operation having
-- 0 planned, 0 resolved
