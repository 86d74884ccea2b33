-- all
SELECT t1.id, t1.username FROM users AS t1 WHERE TRUE ORDER BY t1.id LIMIT 21

-- users
SELECT (SELECT 1 FROM users AS t2 WHERE TRUE AND (t2.username >= ? AND ((t2.username > ?) OR (t2.username = ? AND t2.id < ?) OR (t2.username = ? AND t2.id = ?))) ORDER BY t2.username, t2.id DESC LIMIT 1) IS NOT NULL, FALSE, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at FROM (SELECT 1 AS one) AS k LEFT JOIN (SELECT t3.id, t3.username, t3.name, t3.created_at, t3.updated_at FROM users AS t3 WHERE TRUE AND (t3.username <= ? AND ((t3.username < ?) OR (t3.username = ? AND t3.id > ?))) ORDER BY t3.username DESC, t3.id LIMIT 3) AS t1 ON TRUE ORDER BY t1.username DESC, t1.id

-- 2 planned, 2 resolved
