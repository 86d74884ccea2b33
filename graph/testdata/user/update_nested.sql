-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR NO KEY UPDATE) AS locked

-- lock Profile
-- postgres alone
SELECT count(*) FROM (SELECT id FROM profiles WHERE id IN (SELECT id FROM profiles WHERE user_id IN (?)) ORDER BY id FOR NO KEY UPDATE) AS locked

-- lock Address
-- postgres alone
SELECT count(*) FROM (SELECT id FROM addresses WHERE id IN (SELECT id FROM addresses WHERE user_id IN (?)) ORDER BY id FOR NO KEY UPDATE) AS locked

-- User
-- sqlite
SELECT t.version, COALESCE(t.id, 0) FROM users AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.id, 0) FROM users AS t WHERE t.id = ? FOR NO KEY UPDATE

-- User.profile
-- sqlite
SELECT t.id, COALESCE(t.user_id, 0), t.version, COALESCE(t.user_id, 0) FROM profiles AS t WHERE t.user_id = ? ORDER BY t.id
-- postgres
SELECT t.id, COALESCE(t.user_id, 0), t.version, COALESCE(t.user_id, 0) FROM profiles AS t WHERE t.user_id = ? ORDER BY t.id FOR UPDATE

-- User.address
-- sqlite
SELECT t.id, COALESCE(t.user_id, 0), t.version, COALESCE(t.user_id, 0) FROM addresses AS t WHERE t.user_id = ? ORDER BY t.id
-- postgres
SELECT t.id, COALESCE(t.user_id, 0), t.version, COALESCE(t.user_id, 0) FROM addresses AS t WHERE t.user_id = ? ORDER BY t.id FOR UPDATE

-- update Profile
-- sqlite
UPDATE profiles SET bio = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (bio IS DISTINCT FROM ?)
-- postgres
UPDATE profiles SET bio = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (bio IS DISTINCT FROM ?)

-- update Address
-- sqlite
UPDATE addresses SET email_address = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (email_address IS DISTINCT FROM ?)
-- postgres
UPDATE addresses SET email_address = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (email_address IS DISTINCT FROM ?)

-- updateUser
SELECT t1.id, t1.id, t1.version, t2.id, t2.full_name, t2.bio, t2.version, t3.id, t3.email_address, t3.version FROM users AS t1 LEFT JOIN profiles AS t2 ON t2.user_id = t1.id LEFT JOIN addresses AS t3 ON t3.user_id = t1.id WHERE t1.id = ?

-- 6 planned, 8 resolved
