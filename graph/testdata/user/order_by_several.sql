-- a
SELECT t1.id, t1.name, t1.username FROM users AS t1 WHERE TRUE ORDER BY t1.name DESC, t1.username, t1.id LIMIT 20

-- b
SELECT (SELECT 1 FROM users AS t2 WHERE TRUE AND (t2.created_at <= ? AND ((t2.created_at < ?) OR (t2.created_at = ? AND t2.name > ?) OR (t2.created_at = ? AND t2.name = ? AND t2.id < ?) OR (t2.created_at = ? AND t2.name = ? AND t2.id = ?))) ORDER BY t2.created_at DESC, t2.name, t2.id DESC LIMIT 1) IS NOT NULL, FALSE, t1.id, t1.name, t1.username, t1.created_at FROM (SELECT 1 AS one) AS k LEFT JOIN (SELECT t3.id, t3.name, t3.username, t3.created_at FROM users AS t3 WHERE TRUE AND (t3.created_at >= ? AND ((t3.created_at > ?) OR (t3.created_at = ? AND t3.name < ?) OR (t3.created_at = ? AND t3.name = ? AND t3.id > ?))) ORDER BY t3.created_at, t3.name DESC, t3.id LIMIT 4) AS t1 ON TRUE ORDER BY t1.created_at, t1.name DESC, t1.id

-- c
SELECT t1.id, t1.username FROM users AS t1 WHERE TRUE ORDER BY t1.id DESC LIMIT 20

-- 3 planned, 3 resolved
