-- update Profile
-- sqlite
UPDATE profiles SET full_name = ?, bio = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (full_name IS DISTINCT FROM ? OR bio IS DISTINCT FROM ?) RETURNING id
-- postgres
UPDATE profiles SET full_name = ?, bio = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (full_name IS DISTINCT FROM ? OR bio IS DISTINCT FROM ?) RETURNING id

-- updateProfile
SELECT t1.id, t1.id, t1.user_id, t1.full_name, t1.bio, t1.created_at, t1.updated_at, t1.version FROM profiles AS t1 WHERE t1.id = ?

-- updateProfile.profile.user
-- sqlite
SELECT k.value, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM json_each(?) AS k JOIN users AS t1 ON t1.id = k.value
-- postgres
SELECT k.key, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM unnest(?::bigint[]) AS k(key) JOIN users AS t1 ON t1.id = k.key

-- 3 planned, 3 resolved
