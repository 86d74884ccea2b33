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

-- createProfile
SELECT t1.id, t1.id, t1.user_id, t2.id, t2.username FROM profiles AS t1 LEFT JOIN users AS t2 ON t2.id = t1.user_id WHERE t1.id = ?

-- 4 planned, 5 resolved
