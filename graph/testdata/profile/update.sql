-- update Profile
-- sqlite
UPDATE profiles SET full_name = ?, bio = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (full_name IS DISTINCT FROM ? OR bio IS DISTINCT FROM ?) RETURNING id
-- postgres
UPDATE profiles SET full_name = ?, bio = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (full_name IS DISTINCT FROM ? OR bio IS DISTINCT FROM ?) RETURNING id

-- updateProfile
SELECT t1.id, t1.id, t1.full_name, t1.bio, t1.version, t1.user_id, t2.id, t2.username FROM profiles AS t1 LEFT JOIN users AS t2 ON t2.id = t1.user_id WHERE t1.id = ?

-- 2 planned, 3 resolved
