-- update User
-- sqlite
UPDATE users SET name = ?, name_words = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (name IS DISTINCT FROM ?) AND version = ? RETURNING id, name, version
-- postgres
UPDATE users SET name = ?, name_words = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (name IS DISTINCT FROM ?) AND version = ? RETURNING id, name, version

-- User
-- sqlite
SELECT t.version, COALESCE(t.id, 0), (name IS DISTINCT FROM ?), t.id, t.name, t.version FROM users AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.id, 0), (name IS DISTINCT FROM ?), t.id, t.name, t.version FROM users AS t WHERE t.id = ? FOR NO KEY UPDATE

-- updateUser
SELECT t1.id, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM users AS t1 WHERE t1.id = ?

-- updateUser
SELECT t1.id, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM users AS t1 WHERE t1.id = ?

-- 4 planned, 4 resolved
