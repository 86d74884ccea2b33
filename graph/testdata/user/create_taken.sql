-- User.username
SELECT 1 FROM users WHERE username = ? AND id <> ?

-- 1 planned, 1 resolved
