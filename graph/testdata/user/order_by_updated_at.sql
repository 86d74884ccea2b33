-- backwards
SELECT t1.id, t1.username FROM users AS t1 WHERE TRUE ORDER BY t1.updated_at DESC, t1.id DESC LIMIT 3

-- down
SELECT t1.id, t1.username FROM users AS t1 WHERE TRUE ORDER BY t1.updated_at DESC, t1.id LIMIT 20

-- up
SELECT t1.id, t1.username, t1.name, t1.updated_at FROM users AS t1 WHERE TRUE ORDER BY t1.updated_at, t1.id LIMIT 20

-- 3 planned, 3 resolved
