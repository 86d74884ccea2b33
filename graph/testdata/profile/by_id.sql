-- none
SELECT t1.id, t1.id FROM profiles AS t1 WHERE t1.id = ?

-- profile
SELECT t1.id, t1.id, t1.full_name, t1.bio, t1.created_at, t1.updated_at, t1.version FROM profiles AS t1 WHERE t1.id = ?

-- 2 planned, 1 resolved
