-- posts.totalCount
SELECT 0, count(*) FROM posts AS t1 WHERE TRUE

-- users.totalCount
SELECT 0, count(*) FROM users AS t1 WHERE TRUE

-- 2 planned, 2 resolved
