-- after
SELECT (SELECT 1 FROM users AS t2 WHERE TRUE AND t2.id <= ? ORDER BY t2.id DESC LIMIT 1) IS NOT NULL, FALSE, t1.id, t1.username FROM (SELECT 1 AS one) AS k LEFT JOIN (SELECT t3.id, t3.username FROM users AS t3 WHERE TRUE AND t3.id > ? ORDER BY t3.id LIMIT 1) AS t1 ON TRUE ORDER BY t1.id

-- end
SELECT (SELECT 1 FROM users AS t2 WHERE TRUE AND t2.id <= ? ORDER BY t2.id DESC LIMIT 1) IS NOT NULL, FALSE, t1.id, t1.username FROM (SELECT 1 AS one) AS k LEFT JOIN (SELECT t3.id, t3.username FROM users AS t3 WHERE TRUE AND t3.id > ? ORDER BY t3.id LIMIT 1) AS t1 ON TRUE ORDER BY t1.id

-- first
SELECT t1.id, t1.username FROM users AS t1 WHERE TRUE ORDER BY t1.id LIMIT 1

-- first.totalCount
SELECT 0, (SELECT count(*) FROM users AS t1)

-- last
SELECT t1.id, t1.username FROM users AS t1 WHERE TRUE ORDER BY t1.id DESC LIMIT 1

-- 5 planned, 5 resolved
