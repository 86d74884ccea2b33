-- users
SELECT t1.id, t1.username FROM users AS t1 WHERE TRUE ORDER BY t1.id DESC LIMIT 3

-- 1 planned, 1 resolved
