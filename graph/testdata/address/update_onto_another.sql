-- Address
-- sqlite
SELECT t.version, COALESCE(t.user_id, 0) FROM addresses AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.user_id, 0) FROM addresses AS t WHERE t.id = ? FOR NO KEY UPDATE

-- User.id
-- sqlite
SELECT 1 FROM users WHERE id = ? AND id <> ?
-- postgres
SELECT 1 FROM users WHERE id = ? AND id <> ? FOR KEY SHARE

-- Address.userId
SELECT 1 FROM addresses WHERE user_id = ? AND id <> ?

-- 3 planned, 3 resolved
