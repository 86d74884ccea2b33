-- addresses
SELECT t1.id, t1.email_address, t1.user_id, t2.id, t2.username FROM (SELECT t3.id, t3.email_address, t3.user_id FROM addresses AS t3 WHERE TRUE ORDER BY t3.id LIMIT 20) AS t1 LEFT JOIN users AS t2 ON t2.id = t1.user_id ORDER BY t1.id

-- 1 planned, 2 resolved
