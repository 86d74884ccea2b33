-- Profile
-- sqlite
SELECT t.version, COALESCE(t.user_id, 0) FROM profiles AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.user_id, 0) FROM profiles AS t WHERE t.id = ? FOR UPDATE

-- deleteProfile
SELECT t1.id, t1.id, t1.user_id, t1.full_name, t1.bio, t1.created_at, t1.updated_at, t1.version FROM profiles AS t1 WHERE t1.id = ?

-- deleteProfile
SELECT t1.id, t1.id, t1.user_id, t1.full_name, t1.bio, t1.created_at, t1.updated_at, t1.version FROM profiles AS t1 WHERE t1.id = ?

-- 3 planned, 3 resolved
