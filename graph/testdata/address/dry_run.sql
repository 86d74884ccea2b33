-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest(?::bigint[]) AS k(key)) ORDER BY id FOR KEY SHARE) AS locked

-- lock Address
-- postgres alone
SELECT count(*) FROM (SELECT id FROM addresses WHERE id IN (SELECT k.key FROM unnest(?::bigint[]) AS k(key)) ORDER BY id FOR UPDATE) AS locked

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
SELECT t1.id, t1.id, t1.user_id, t1.email_address, t1.created_at, t1.updated_at, t1.version FROM addresses AS t1 WHERE t1.id = ?

-- a.address.user
-- sqlite
SELECT k.value, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM json_each(?) AS k JOIN users AS t1 ON t1.id = k.value
-- postgres
SELECT k.key, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM unnest(?::bigint[]) AS k(key) JOIN users AS t1 ON t1.id = k.key

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
SELECT t1.id, t1.id, t1.user_id, t1.email_address, t1.created_at, t1.updated_at, t1.version FROM addresses AS t1 WHERE t1.id = ?

-- Address
-- sqlite
SELECT t.version, COALESCE(t.user_id, 0) FROM addresses AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.user_id, 0) FROM addresses AS t WHERE t.id = ? FOR UPDATE

-- delete Address
DELETE FROM addresses WHERE id = ?

-- 10 planned, 10 resolved
