-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR KEY SHARE) AS locked

-- lock Address
-- postgres alone
SELECT count(*) FROM (SELECT id FROM addresses WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR UPDATE) AS locked

-- Address.userId
-- sqlite
SELECT id, id FROM users WHERE id = ? ORDER BY id
-- postgres
SELECT id, id FROM users WHERE id = ? ORDER BY id FOR KEY SHARE

-- Address.userId
SELECT id, user_id FROM addresses WHERE user_id = ?

-- insert Address
-- sqlite
INSERT INTO addresses (user_id, email_address, created_at, updated_at) VALUES (?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO addresses (user_id, email_address, created_at, updated_at) VALUES (?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- a
SELECT t1.id, t1.id, t1.user_id, t2.id, t2.username FROM addresses AS t1 LEFT JOIN users AS t2 ON t2.id = t1.user_id WHERE t1.id = ?

-- Address
-- sqlite
SELECT t.version, COALESCE(t.user_id, 0) FROM addresses AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.user_id, 0) FROM addresses AS t WHERE t.id = ? FOR UPDATE

-- update Address
-- sqlite
UPDATE addresses SET user_id = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (user_id IS DISTINCT FROM ?)
-- postgres
UPDATE addresses SET user_id = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (user_id IS DISTINCT FROM ?)

-- b
SELECT t1.id, t1.id, t1.user_id, t2.id FROM addresses AS t1 LEFT JOIN users AS t2 ON t2.id = t1.user_id WHERE t1.id = ?

-- Address
-- sqlite
SELECT t.version, COALESCE(t.user_id, 0) FROM addresses AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.user_id, 0) FROM addresses AS t WHERE t.id = ? FOR UPDATE

-- delete Address
DELETE FROM addresses WHERE id = ?

-- 9 planned, 10 resolved
