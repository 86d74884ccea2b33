-- posts.totalCount
SELECT 0, (SELECT count(*) FROM posts AS t1)

-- users.totalCount
SELECT 0, (SELECT count(*) FROM users AS t1)

-- 2 planned, 2 resolved
