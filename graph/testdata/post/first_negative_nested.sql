-- users
SELECT t1.id FROM users AS t1 WHERE TRUE ORDER BY t1.id LIMIT 1

-- users
SELECT t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM users AS t1 WHERE TRUE ORDER BY t1.id LIMIT 2

-- 2 planned, 1 resolved
