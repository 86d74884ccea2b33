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
SELECT t1.id, t1.id, t1.email_address, t1.user_id, t2.id, t2.username FROM addresses AS t1 LEFT JOIN users AS t2 ON t2.id = t1.user_id WHERE t1.id = ? AND t1.user_id = ?

-- 5 planned, 6 resolved
