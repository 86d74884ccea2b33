-- operation Change
-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR NO KEY UPDATE) AS locked

-- lock Profile
-- postgres alone
SELECT count(*) FROM (SELECT id FROM profiles WHERE id IN (SELECT id FROM profiles WHERE user_id IN (?)) ORDER BY id FOR UPDATE) AS locked

-- lock Address
-- postgres alone
SELECT count(*) FROM (SELECT id FROM addresses WHERE id IN (SELECT id FROM addresses WHERE user_id IN (?)) ORDER BY id FOR UPDATE) AS locked

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

-- delete Profile
DELETE FROM profiles WHERE id = ?

-- update Address
-- sqlite
UPDATE addresses SET user_id = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (user_id IS DISTINCT FROM ?)
-- postgres
UPDATE addresses SET user_id = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (user_id IS DISTINCT FROM ?)

-- updateUser
SELECT t1.id, t1.id, t2.id, t3.id FROM users AS t1 LEFT JOIN profiles AS t2 ON t2.user_id = t1.id LEFT JOIN addresses AS t3 ON t3.user_id = t1.id WHERE t1.id = ?

-- 6 planned, 8 resolved

-- operation Read
-- address
SELECT t1.id, t1.id, t1.email_address, t1.version, t1.updated_at, t1.user_id, t2.id FROM addresses AS t1 LEFT JOIN users AS t2 ON t2.id = t1.user_id WHERE t1.id = ?

-- profile
SELECT t1.id, t1.id FROM profiles AS t1 WHERE t1.id = ?

-- 2 planned, 2 resolved
