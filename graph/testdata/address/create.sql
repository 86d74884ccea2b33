-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR KEY SHARE) AS locked

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
SELECT t1.id, t1.id, t1.email_address, t1.user_id, t2.id, t2.username, t3.id FROM addresses AS t1 LEFT JOIN users AS t2 ON t2.id = t1.user_id LEFT JOIN addresses AS t3 ON t3.user_id = t2.id WHERE t1.id = ?

-- insert Address
-- sqlite
INSERT INTO addresses (user_id, email_address, created_at, updated_at) VALUES (?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO addresses (user_id, email_address, created_at, updated_at) VALUES (?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- nobodys
SELECT t1.id, t1.id, t1.user_id, t2.id FROM addresses AS t1 LEFT JOIN users AS t2 ON t2.id = t1.user_id WHERE t1.id = ?

-- 6 planned, 8 resolved
