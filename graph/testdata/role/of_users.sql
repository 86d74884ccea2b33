-- users
SELECT t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM users AS t1 WHERE TRUE ORDER BY t1.id LIMIT 3

-- viewer
SELECT t1.id, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM users AS t1 WHERE t1.id = ?

-- 2 planned, 2 resolved
