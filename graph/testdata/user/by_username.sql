-- cleo
SELECT t1.username, t1.id, t1.name FROM users AS t1 WHERE t1.username = ?

-- nobody
SELECT t1.username, t1.id FROM users AS t1 WHERE t1.username = ?

-- upper
SELECT t1.username, t1.id FROM users AS t1 WHERE t1.username = ?

-- 3 planned, 1 resolved
