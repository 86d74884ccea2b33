-- operation Add
-- Profile.userId
-- sqlite
SELECT id, id FROM users WHERE id = ? ORDER BY id
-- postgres
SELECT id, id FROM users WHERE id = ? ORDER BY id FOR KEY SHARE

-- Profile.userId
SELECT id, user_id FROM profiles WHERE user_id = ?

-- insert Profile
-- sqlite
INSERT INTO profiles (user_id, full_name, bio, created_at, updated_at) VALUES (?, ?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO profiles (user_id, full_name, bio, created_at, updated_at) VALUES (?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- createProfile
SELECT t1.id, t1.id, t1.full_name, t1.bio, t1.version, t1.user_id, t2.id, t2.username, t3.id FROM profiles AS t1 LEFT JOIN users AS t2 ON t2.id = t1.user_id LEFT JOIN profiles AS t3 ON t3.user_id = t2.id WHERE t1.id = ?

-- 4 planned, 6 resolved

-- operation Read
-- profile
SELECT t1.id, t1.id, t1.user_id, t2.id, t2.username, t3.id, t3.full_name FROM profiles AS t1 LEFT JOIN users AS t2 ON t2.id = t1.user_id LEFT JOIN profiles AS t3 ON t3.user_id = t2.id WHERE t1.id = ?

-- user
SELECT t1.username, t1.id, t2.id, t2.full_name, t2.user_id, t3.id, t3.username FROM users AS t1 LEFT JOIN profiles AS t2 ON t2.user_id = t1.id LEFT JOIN users AS t3 ON t3.id = t2.user_id WHERE t1.username = ?

-- 2 planned, 4 resolved
