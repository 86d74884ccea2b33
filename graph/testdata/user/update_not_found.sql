-- update User
-- sqlite
UPDATE users SET name = ?, name_words = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (name IS DISTINCT FROM ?) RETURNING id
-- postgres
UPDATE users SET name = ?, name_words = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (name IS DISTINCT FROM ?) RETURNING id

-- User
-- sqlite
SELECT t.version, COALESCE(t.id, 0), (name IS DISTINCT FROM ?), t.id FROM users AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.id, 0), (name IS DISTINCT FROM ?), t.id FROM users AS t WHERE t.id = ? FOR NO KEY UPDATE

-- 2 planned, 2 resolved
