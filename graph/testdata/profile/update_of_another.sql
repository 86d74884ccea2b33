-- update Profile
-- sqlite
UPDATE profiles SET bio = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (bio IS DISTINCT FROM ?) AND user_id = ? RETURNING id
-- postgres
UPDATE profiles SET bio = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (bio IS DISTINCT FROM ?) AND user_id = ? RETURNING id

-- Profile
-- sqlite
SELECT t.version, COALESCE(t.user_id, 0), (bio IS DISTINCT FROM ?), t.id FROM profiles AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.user_id, 0), (bio IS DISTINCT FROM ?), t.id FROM profiles AS t WHERE t.id = ? FOR NO KEY UPDATE

-- 2 planned, 2 resolved
