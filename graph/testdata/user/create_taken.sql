-- User.username
SELECT id, username FROM users WHERE username = ?

-- 1 planned, 1 resolved
