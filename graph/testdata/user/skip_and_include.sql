-- users
SELECT t1.id, t1.username, t2.id, t2.full_name FROM (SELECT t3.id, t3.username FROM users AS t3 WHERE TRUE ORDER BY t3.id LIMIT 1) AS t1 LEFT JOIN profiles AS t2 ON t2.user_id = t1.id ORDER BY t1.id

-- 1 planned, 2 resolved
