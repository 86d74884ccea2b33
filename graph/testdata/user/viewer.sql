-- viewer
SELECT t1.id, t1.id, t1.username, t2.id, t2.email_address FROM users AS t1 LEFT JOIN addresses AS t2 ON t2.user_id = t1.id AND t2.user_id = ? WHERE t1.id = ?

-- 1 planned, 2 resolved
