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
SELECT t1.id, t1.id, t1.user_id, t1.full_name, t1.bio, t1.created_at, t1.updated_at, t1.version FROM profiles AS t1 WHERE t1.id = ?

-- upsertProfile.profile.user
-- sqlite
SELECT k.value, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM json_each(?) AS k JOIN users AS t1 ON t1.id = k.value
-- postgres
SELECT k.key, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM unnest(?::bigint[]) AS k(key) JOIN users AS t1 ON t1.id = k.key

-- 6 planned, 6 resolved

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
SELECT t1.id, t1.id, t1.user_id, t1.full_name, t1.bio, t1.created_at, t1.updated_at, t1.version FROM profiles AS t1 WHERE t1.id = ?

-- upsertProfile.profile.user
-- sqlite
SELECT k.value, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM json_each(?) AS k JOIN users AS t1 ON t1.id = k.value
-- postgres
SELECT k.key, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM unnest(?::bigint[]) AS k(key) JOIN users AS t1 ON t1.id = k.key

-- 4 planned, 4 resolved
