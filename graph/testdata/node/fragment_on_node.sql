-- node
SELECT t1.id, t1.id, t1.username, t2.id FROM users AS t1 LEFT JOIN profiles AS t2 ON t2.user_id = t1.id WHERE t1.id = ?

-- users
SELECT t1.id, t1.username FROM users AS t1 WHERE TRUE ORDER BY t1.id LIMIT 1

-- 2 planned, 3 resolved
