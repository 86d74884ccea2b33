-- User.id
-- sqlite
SELECT 1 FROM users WHERE id = ? AND id <> ?
-- postgres
SELECT 1 FROM users WHERE id = ? AND id <> ? FOR KEY SHARE

-- Address.userId
SELECT 1 FROM addresses WHERE user_id = ? AND id <> ?

-- 2 planned, 2 resolved
