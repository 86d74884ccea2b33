-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest(?::bigint[]) AS k(key)) ORDER BY id FOR KEY SHARE) AS locked

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

-- mine
SELECT t1.id, t1.id, t1.user_id, t1.email_address, t1.created_at, t1.updated_at, t1.version FROM addresses AS t1 WHERE t1.id = ?

-- mine.address.user
-- sqlite
SELECT k.value, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM json_each(?) AS k JOIN users AS t1 ON t1.id = k.value
-- postgres
SELECT k.key, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM unnest(?::bigint[]) AS k(key) JOIN users AS t1 ON t1.id = k.key

-- mine.address.user.address
-- sqlite
SELECT k.value, t1.id, t1.user_id, t1.email_address, t1.created_at, t1.updated_at, t1.version FROM json_each(?) AS k JOIN addresses AS t1 ON t1.user_id = k.value
-- postgres
SELECT k.key, t1.id, t1.user_id, t1.email_address, t1.created_at, t1.updated_at, t1.version FROM unnest(?::bigint[]) AS k(key) JOIN addresses AS t1 ON t1.user_id = k.key

-- insert Address
-- sqlite
INSERT INTO addresses (user_id, email_address, created_at, updated_at) VALUES (?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO addresses (user_id, email_address, created_at, updated_at) VALUES (?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- nobodys
SELECT t1.id, t1.id, t1.user_id, t1.email_address, t1.created_at, t1.updated_at, t1.version FROM addresses AS t1 WHERE t1.id = ?

-- 8 planned, 8 resolved
