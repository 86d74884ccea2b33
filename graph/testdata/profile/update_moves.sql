-- operation Move
-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR KEY SHARE) AS locked

-- lock Profile
-- postgres alone
SELECT count(*) FROM (SELECT id FROM profiles WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR UPDATE) AS locked

-- Profile
-- sqlite
SELECT t.version, COALESCE(t.user_id, 0) FROM profiles AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.user_id, 0) FROM profiles AS t WHERE t.id = ? FOR UPDATE

-- Profile.userId
-- sqlite
SELECT id, id FROM users WHERE id = ? ORDER BY id
-- postgres
SELECT id, id FROM users WHERE id = ? ORDER BY id FOR KEY SHARE

-- Profile.userId
SELECT id, user_id FROM profiles WHERE user_id = ?

-- update Profile
-- sqlite
UPDATE profiles SET user_id = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (user_id IS DISTINCT FROM ?)
-- postgres
UPDATE profiles SET user_id = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (user_id IS DISTINCT FROM ?)

-- updateProfile
SELECT t1.id, t1.id, t1.user_id, t2.id, t2.username, t3.id FROM profiles AS t1 LEFT JOIN users AS t2 ON t2.id = t1.user_id LEFT JOIN profiles AS t3 ON t3.user_id = t2.id WHERE t1.id = ?

-- 5 planned, 7 resolved

-- operation Read
-- users
SELECT t1.id, t1.username, t2.id FROM (SELECT t3.id, t3.username FROM users AS t3 WHERE TRUE ORDER BY t3.id LIMIT 20) AS t1 LEFT JOIN profiles AS t2 ON t2.user_id = t1.id ORDER BY t1.id

-- 1 planned, 2 resolved
