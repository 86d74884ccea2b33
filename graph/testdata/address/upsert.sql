-- Address.userId
SELECT t.id, COALESCE(TRUE AND t.user_id = ?, FALSE) FROM addresses AS t WHERE t.user_id = ?

-- Address.userId
-- sqlite
SELECT id, id FROM users WHERE id = ? ORDER BY id
-- postgres
SELECT id, id FROM users WHERE id = ? ORDER BY id FOR KEY SHARE

-- Address.userId
SELECT id, user_id FROM addresses WHERE user_id = ?

-- insert Address
-- sqlite
INSERT INTO addresses (email_address, user_id, created_at, updated_at) VALUES (?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO addresses (email_address, user_id, created_at, updated_at) VALUES (?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- upsertAddress
SELECT t1.id, t1.id, t1.user_id, t1.email_address, t1.created_at, t1.updated_at, t1.version FROM addresses AS t1 WHERE t1.id = ? AND t1.user_id = ?

-- upsertAddress.address.user
-- sqlite
SELECT k.value, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM json_each(?) AS k JOIN users AS t1 ON t1.id = k.value
-- postgres
SELECT k.key, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM unnest(?::bigint[]) AS k(key) JOIN users AS t1 ON t1.id = k.key

-- 6 planned, 6 resolved
