-- users
SELECT t1.id, t1.username, t2.id, t2.email_address FROM (SELECT t3.id, t3.username FROM users AS t3 WHERE TRUE ORDER BY t3.id LIMIT 20) AS t1 LEFT JOIN addresses AS t2 ON t2.user_id = t1.id AND t2.user_id = ? ORDER BY t1.id

-- viewer
SELECT t1.id, t1.id, t1.username, t2.id, t2.email_address FROM users AS t1 LEFT JOIN addresses AS t2 ON t2.user_id = t1.id AND t2.user_id = ? WHERE t1.id = ?

-- 2 planned, 3 resolved
