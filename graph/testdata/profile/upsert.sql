-- operation Made
-- Profile.userId
SELECT t.id, COALESCE(TRUE, FALSE) FROM profiles AS t WHERE t.user_id = ?

-- Profile.userId
-- sqlite
SELECT id, id FROM users WHERE id = ? ORDER BY id
-- postgres
SELECT id, id FROM users WHERE id = ? ORDER BY id FOR KEY SHARE

-- Profile.userId
SELECT id, user_id FROM profiles WHERE user_id = ?

-- insert Profile
-- sqlite
INSERT INTO profiles (full_name, user_id, created_at, updated_at) VALUES (?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO profiles (full_name, user_id, created_at, updated_at) VALUES (?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- upsertProfile
SELECT t1.id, t1.id, t1.full_name, t1.version, t1.user_id, t2.id, t2.username FROM profiles AS t1 LEFT JOIN users AS t2 ON t2.id = t1.user_id WHERE t1.id = ?

-- 5 planned, 6 resolved

-- operation Changed
-- lock Profile.userId
-- postgres alone
SELECT t.id, COALESCE(TRUE, FALSE) FROM profiles AS t WHERE t.user_id = ? FOR NO KEY UPDATE

-- Profile.userId
SELECT t.id, COALESCE(TRUE, FALSE) FROM profiles AS t WHERE t.user_id = ?

-- update Profile
-- sqlite
UPDATE profiles SET full_name = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (full_name IS DISTINCT FROM ?) AND user_id = ? RETURNING id
-- postgres
UPDATE profiles SET full_name = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (full_name IS DISTINCT FROM ?) AND user_id = ? RETURNING id

-- upsertProfile
SELECT t1.id, t1.id, t1.full_name, t1.version, t1.user_id, t2.id, t2.username FROM profiles AS t1 LEFT JOIN users AS t2 ON t2.id = t1.user_id WHERE t1.id = ?

-- 3 planned, 4 resolved
