-- users
SELECT t1.id, t1.username FROM users AS t1 WHERE TRUE ORDER BY t1.id LIMIT 21

-- users.totalCount
SELECT 0, (SELECT count(*) FROM users AS t1)

-- 2 planned, 2 resolved
