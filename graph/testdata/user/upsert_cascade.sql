-- lock User
-- postgres alone
SELECT t.id, COALESCE(TRUE, FALSE) FROM users AS t WHERE t.username = ?

-- lock User
-- postgres alone
SELECT t.id, COALESCE(TRUE, FALSE) FROM users AS t WHERE t.username = ?

-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR NO KEY UPDATE) AS locked

-- lock Profile
-- postgres alone
SELECT count(*) FROM (SELECT id FROM profiles WHERE id IN (SELECT id FROM profiles WHERE user_id IN (?)) ORDER BY id FOR UPDATE) AS locked

-- lock User.username
-- postgres alone
SELECT t.id, COALESCE(TRUE, FALSE) FROM users AS t WHERE t.username = ? FOR NO KEY UPDATE

-- User.username
SELECT t.id, COALESCE(TRUE, FALSE) FROM users AS t WHERE t.username = ?

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

-- delete Profile
DELETE FROM profiles WHERE id = ?

-- there
SELECT t1.id, t1.id, t2.id FROM users AS t1 LEFT JOIN profiles AS t2 ON t2.user_id = t1.id WHERE t1.id = ?

-- User.username
SELECT t.id, COALESCE(TRUE, FALSE) FROM users AS t WHERE t.username = ?

-- User.username
SELECT id, username FROM users WHERE username = ?

-- insert User
-- sqlite
INSERT INTO users (username, name, password_hash, username_words, name_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id, username
-- postgres
INSERT INTO users (username, name, password_hash, username_words, name_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id, username

-- 8 planned, 10 resolved
