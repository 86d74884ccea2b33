-- user
SELECT t1.username, t1.id, t1.username FROM users AS t1 WHERE t1.username = ?

-- 1 planned, 1 resolved
