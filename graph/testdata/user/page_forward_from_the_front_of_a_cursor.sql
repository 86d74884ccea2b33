-- first
SELECT FALSE, (SELECT 1 FROM users AS t2 WHERE TRUE AND t2.id >= ? ORDER BY t2.id LIMIT 1) IS NOT NULL, t1.id, t1.username FROM (SELECT 1 AS one) AS k LEFT JOIN (SELECT t3.id, t3.username FROM users AS t3 WHERE TRUE AND t3.id < ? ORDER BY t3.id LIMIT 3) AS t1 ON TRUE ORDER BY t1.id

-- last
SELECT (SELECT 1 FROM users AS t2 WHERE TRUE AND t2.id <= ? ORDER BY t2.id DESC LIMIT 1) IS NOT NULL, FALSE, t1.id, t1.username FROM (SELECT 1 AS one) AS k LEFT JOIN (SELECT t3.id, t3.username FROM users AS t3 WHERE TRUE AND t3.id > ? ORDER BY t3.id DESC LIMIT 3) AS t1 ON TRUE ORDER BY t1.id DESC

-- 2 planned, 2 resolved
