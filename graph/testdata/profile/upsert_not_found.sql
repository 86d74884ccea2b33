-- operation Gone
-- Profile.userId
-- sqlite
SELECT t.id, COALESCE(TRUE, FALSE) FROM profiles AS t WHERE t.user_id = ?
-- postgres
SELECT t.id, COALESCE(TRUE, FALSE) FROM profiles AS t WHERE t.user_id = ? FOR KEY SHARE

-- Profile.userId
-- sqlite
SELECT id, id FROM users WHERE id = ? ORDER BY id
-- postgres
SELECT id, id FROM users WHERE id = ? ORDER BY id FOR KEY SHARE

-- 2 planned, 2 resolved

-- operation Rubbish
-- 0 planned, 0 resolved
