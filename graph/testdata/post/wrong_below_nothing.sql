-- user
SELECT t1.username, t1.id FROM users AS t1 WHERE t1.username = ?

-- 1 planned, 1 resolved
