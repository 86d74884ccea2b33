-- Profile.userId
-- sqlite
SELECT id, id FROM users WHERE id = ? ORDER BY id
-- postgres
SELECT id, id FROM users WHERE id = ? ORDER BY id FOR KEY SHARE

-- Profile.userId
SELECT id, user_id FROM profiles WHERE user_id = ?

-- 2 planned, 2 resolved
