-- User
-- sqlite
SELECT t.version, COALESCE(t.id, 0) FROM users AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.id, 0) FROM users AS t WHERE t.id = ? FOR NO KEY UPDATE

-- 1 planned, 1 resolved
