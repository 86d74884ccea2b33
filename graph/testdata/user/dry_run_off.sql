-- update User
-- sqlite
UPDATE users SET name = ?, name_words = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (name IS DISTINCT FROM ?) RETURNING id, name, version
-- postgres
UPDATE users SET name = ?, name_words = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (name IS DISTINCT FROM ?) RETURNING id, name, version

-- 1 planned, 2 resolved
