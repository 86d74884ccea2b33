-- Profile
-- sqlite
SELECT t.version, COALESCE(t.user_id, 0) FROM profiles AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.user_id, 0) FROM profiles AS t WHERE t.id = ? FOR NO KEY UPDATE

-- 1 planned, 1 resolved
