-- operation a
-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR NO KEY UPDATE) AS locked

-- lock Profile
-- postgres alone
SELECT count(*) FROM (SELECT id FROM profiles WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key) UNION ALL SELECT id FROM profiles WHERE user_id IN (?)) ORDER BY id FOR UPDATE) AS locked

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
SELECT t.id, COALESCE(t.user_id, 0), t.version, COALESCE(t.user_id, 0) FROM profiles AS t WHERE t.id = ? ORDER BY t.id
-- postgres
SELECT t.id, COALESCE(t.user_id, 0), t.version, COALESCE(t.user_id, 0) FROM profiles AS t WHERE t.id = ? ORDER BY t.id FOR UPDATE

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

-- 4 planned, 4 resolved

-- operation b
-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR NO KEY UPDATE) AS locked

-- lock Profile
-- postgres alone
SELECT count(*) FROM (SELECT id FROM profiles WHERE id IN (SELECT id FROM profiles WHERE user_id IN (?)) ORDER BY id FOR NO KEY UPDATE) AS locked

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

-- 3 planned, 3 resolved

-- operation c
-- 0 planned, 0 resolved
