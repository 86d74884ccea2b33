-- User
-- sqlite
SELECT t.version, COALESCE(t.id, 0) FROM users AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.id, 0) FROM users AS t WHERE t.id = ? FOR UPDATE

-- User.username
SELECT id, username FROM users WHERE username = ?

-- update User
-- sqlite
UPDATE users SET username = ?, username_words = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (username IS DISTINCT FROM ?) RETURNING id, username
-- postgres
UPDATE users SET username = ?, username_words = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (username IS DISTINCT FROM ?) RETURNING id, username

-- updateUser
SELECT t1.id, t1.id, t1.username FROM users AS t1 WHERE t1.id = ?

-- 4 planned, 4 resolved
