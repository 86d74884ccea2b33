-- all
SELECT t1.id, t1.username FROM users AS t1 WHERE TRUE ORDER BY t1.id LIMIT 20

-- users
SELECT t1.id, t1.username, t1.name, t1.created_at, t1.updated_at FROM users AS t1 WHERE TRUE AND (t1.username <= ? AND ((t1.username < ?) OR (t1.username = ? AND t1.id > ?))) ORDER BY t1.username DESC, t1.id LIMIT 2

-- 2 planned, 2 resolved
