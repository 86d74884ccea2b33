-- addresses
SELECT t1.id, t1.user_id, t2.id FROM (SELECT t3.id, t3.user_id FROM addresses AS t3 WHERE TRUE ORDER BY t3.id DESC LIMIT 1) AS t1 LEFT JOIN users AS t2 ON t2.id = t1.user_id ORDER BY t1.id DESC

-- tags
SELECT t1.id FROM tags AS t1 WHERE TRUE ORDER BY t1.id LIMIT 1

-- users
SELECT t1.id FROM users AS t1 WHERE TRUE ORDER BY t1.id LIMIT 1

-- 3 planned, 3 resolved
