-- backwards
SELECT t1.id, t1.username FROM users AS t1 WHERE TRUE ORDER BY t1.name DESC, t1.id DESC LIMIT 3

-- down
SELECT t1.id, t1.username FROM users AS t1 WHERE TRUE ORDER BY t1.name DESC, t1.id LIMIT 20

-- up
SELECT t1.id, t1.username, t1.name FROM users AS t1 WHERE TRUE ORDER BY t1.name, t1.id LIMIT 20

-- 3 planned, 3 resolved
