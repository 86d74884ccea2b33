-- update Profile
-- sqlite
UPDATE profiles SET bio = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (bio IS DISTINCT FROM ?) AND version = ? RETURNING id, bio, version
-- postgres
UPDATE profiles SET bio = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (bio IS DISTINCT FROM ?) AND version = ? RETURNING id, bio, version

-- Profile
-- sqlite
SELECT t.version, COALESCE(t.user_id, 0), (bio IS DISTINCT FROM ?), t.id, t.bio, t.version FROM profiles AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.user_id, 0), (bio IS DISTINCT FROM ?), t.id, t.bio, t.version FROM profiles AS t WHERE t.id = ? FOR NO KEY UPDATE

-- updateProfile
SELECT t1.id, t1.id, t1.user_id, t1.full_name, t1.bio, t1.created_at, t1.updated_at, t1.version FROM profiles AS t1 WHERE t1.id = ?

-- updateProfile
SELECT t1.id, t1.id, t1.user_id, t1.full_name, t1.bio, t1.created_at, t1.updated_at, t1.version FROM profiles AS t1 WHERE t1.id = ?

-- 4 planned, 4 resolved
