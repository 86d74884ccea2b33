-- update User
-- sqlite
UPDATE users SET name = ?, name_words = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (name IS DISTINCT FROM ?) RETURNING id
-- postgres
UPDATE users SET name = ?, name_words = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (name IS DISTINCT FROM ?) RETURNING id

-- updateUser
SELECT t1.id, t1.id, t1.username, t1.name, t1.version, t1.created_at, t1.updated_at, t2.id, t2.full_name, t2.bio, t2.version FROM users AS t1 LEFT JOIN profiles AS t2 ON t2.user_id = t1.id WHERE t1.id = ?

-- 2 planned, 3 resolved
