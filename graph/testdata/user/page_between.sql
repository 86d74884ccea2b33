-- back
SELECT (SELECT 1 FROM users AS t2 WHERE TRUE AND t2.id <= ? ORDER BY t2.id DESC LIMIT 1) IS NOT NULL, (SELECT 1 FROM users AS t3 WHERE TRUE AND t3.id >= ? ORDER BY t3.id LIMIT 1) IS NOT NULL, t1.id, t1.username FROM (SELECT 1 AS one) AS k LEFT JOIN (SELECT t4.id, t4.username FROM users AS t4 WHERE TRUE AND t4.id > ? AND t4.id < ? ORDER BY t4.id DESC LIMIT 3) AS t1 ON TRUE ORDER BY t1.id DESC

-- front
SELECT (SELECT 1 FROM users AS t2 WHERE TRUE AND t2.id <= ? ORDER BY t2.id DESC LIMIT 1) IS NOT NULL, (SELECT 1 FROM users AS t3 WHERE TRUE AND t3.id >= ? ORDER BY t3.id LIMIT 1) IS NOT NULL, t1.id, t1.username FROM (SELECT 1 AS one) AS k LEFT JOIN (SELECT t4.id, t4.username FROM users AS t4 WHERE TRUE AND t4.id > ? AND t4.id < ? ORDER BY t4.id LIMIT 3) AS t1 ON TRUE ORDER BY t1.id

-- nothing
SELECT (SELECT 1 FROM users AS t2 WHERE TRUE AND t2.id <= ? ORDER BY t2.id DESC LIMIT 1) IS NOT NULL, (SELECT 1 FROM users AS t3 WHERE TRUE AND t3.id >= ? ORDER BY t3.id LIMIT 1) IS NOT NULL, t1.id, t1.username FROM (SELECT 1 AS one) AS k LEFT JOIN (SELECT t4.id, t4.username FROM users AS t4 WHERE TRUE AND t4.id > ? AND t4.id < ? ORDER BY t4.id LIMIT 21) AS t1 ON TRUE ORDER BY t1.id

-- 3 planned, 3 resolved
