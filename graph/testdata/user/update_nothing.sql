-- User
-- sqlite
SELECT t.version, COALESCE(t.id, 0) FROM users AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.id, 0) FROM users AS t WHERE t.id = ? FOR NO KEY UPDATE

-- updateUser
SELECT t1.id, t1.id, t1.name, t1.version, t1.updated_at FROM users AS t1 WHERE t1.id = ?

-- 2 planned, 2 resolved
