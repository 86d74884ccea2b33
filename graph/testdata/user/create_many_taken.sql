-- User.username
-- sqlite
SELECT id, username FROM users WHERE username IN (SELECT value FROM json_each(?))
-- postgres
SELECT id, username FROM users WHERE username = ANY(?::text[])

-- 1 planned, 1 resolved
