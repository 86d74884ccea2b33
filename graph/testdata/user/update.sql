-- update User
-- sqlite
UPDATE users SET name = ?, name_words = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (name IS DISTINCT FROM ?) RETURNING id
-- postgres
UPDATE users SET name = ?, name_words = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (name IS DISTINCT FROM ?) RETURNING id

-- updateUser
SELECT t1.id, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM users AS t1 WHERE t1.id = ?

-- updateUser.user.profile
-- sqlite
SELECT k.value, t1.id, t1.user_id, t1.full_name, t1.bio, t1.created_at, t1.updated_at, t1.version FROM json_each(?) AS k JOIN profiles AS t1 ON t1.user_id = k.value
-- postgres
SELECT k.key, t1.id, t1.user_id, t1.full_name, t1.bio, t1.created_at, t1.updated_at, t1.version FROM unnest(?::bigint[]) AS k(key) JOIN profiles AS t1 ON t1.user_id = k.key

-- 3 planned, 3 resolved
