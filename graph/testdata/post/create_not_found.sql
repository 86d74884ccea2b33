-- User.id
-- sqlite
SELECT 1 FROM users WHERE id = ? AND id <> ?
-- postgres
SELECT 1 FROM users WHERE id = ? AND id <> ? FOR KEY SHARE

-- 1 planned, 1 resolved
