-- User
-- sqlite
SELECT t.version, COALESCE(t.id, 0) FROM users AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.id, 0) FROM users AS t WHERE t.id = ? FOR UPDATE

-- User.username
SELECT id, username FROM users WHERE username = ?

-- 2 planned, 2 resolved
