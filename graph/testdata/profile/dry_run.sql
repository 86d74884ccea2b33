-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR KEY SHARE) AS locked

-- lock Profile
-- postgres alone
SELECT count(*) FROM (SELECT id FROM profiles WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR UPDATE) AS locked

-- Profile.userId
-- sqlite
SELECT id, id FROM users WHERE id = ? ORDER BY id
-- postgres
SELECT id, id FROM users WHERE id = ? ORDER BY id FOR KEY SHARE

-- Profile.userId
SELECT id, user_id FROM profiles WHERE user_id = ?

-- insert Profile
-- sqlite
INSERT INTO profiles (user_id, created_at, updated_at) VALUES (?, ?, ?) RETURNING id
-- postgres
INSERT INTO profiles (user_id, created_at, updated_at) VALUES (?, ?::timestamp, ?::timestamp) RETURNING id

-- a
SELECT t1.id, t1.id, t1.user_id, t2.id, t2.username FROM profiles AS t1 LEFT JOIN users AS t2 ON t2.id = t1.user_id WHERE t1.id = ?

-- update Profile
-- sqlite
UPDATE profiles SET bio = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (bio IS DISTINCT FROM ?) RETURNING id, bio
-- postgres
UPDATE profiles SET bio = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (bio IS DISTINCT FROM ?) RETURNING id, bio

-- Profile
-- sqlite
SELECT t.version, COALESCE(t.user_id, 0) FROM profiles AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.user_id, 0) FROM profiles AS t WHERE t.id = ? FOR UPDATE

-- delete Profile
DELETE FROM profiles WHERE id = ?

-- 7 planned, 9 resolved
