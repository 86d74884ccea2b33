-- operation All
-- Profile
-- sqlite
SELECT t.id, COALESCE(t.user_id, 0) FROM profiles AS t WHERE TRUE ORDER BY t.id LIMIT ?
-- postgres
SELECT t.id, COALESCE(t.user_id, 0) FROM profiles AS t WHERE TRUE ORDER BY t.id LIMIT ? FOR NO KEY UPDATE

-- 1 planned, 1 resolved

-- operation Own
-- Profile
-- sqlite
SELECT t.id, COALESCE(t.user_id, 0) FROM profiles AS t WHERE t.user_id IN (SELECT t1.id FROM users AS t1 WHERE TRUE AND t1.username = ?) ORDER BY t.id LIMIT ?
-- postgres
SELECT t.id, COALESCE(t.user_id, 0) FROM profiles AS t WHERE EXISTS (SELECT 1 FROM users AS t1 WHERE t1.id = t.user_id AND t1.username = ?) ORDER BY t.id LIMIT ? FOR NO KEY UPDATE

-- update Profile
-- sqlite
UPDATE profiles SET bio = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (bio IS DISTINCT FROM ?) RETURNING id, bio, version
-- postgres
UPDATE profiles SET bio = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (bio IS DISTINCT FROM ?) RETURNING id, bio, version

-- updateProfiles
SELECT t1.id, t1.id, t1.bio, t1.version FROM profiles AS t1 WHERE t1.id = ?

-- 3 planned, 3 resolved
