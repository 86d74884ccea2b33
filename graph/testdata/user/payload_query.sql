-- User.username
SELECT id, username FROM users WHERE username = ?

-- insert User
-- sqlite
INSERT INTO users (username, name, password_hash, username_words, name_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO users (username, name, password_hash, username_words, name_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- insert Address
-- sqlite
INSERT INTO addresses (email_address, user_id, created_at, updated_at) VALUES (?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO addresses (email_address, user_id, created_at, updated_at) VALUES (?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- known place
INSERT INTO known_places (user_id, place, seen_at) VALUES (?, ?, ?)
		ON CONFLICT (user_id, place) DO UPDATE SET seen_at = excluded.seen_at

-- createUser
SELECT t1.id, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM users AS t1 WHERE t1.id = ?

-- createUser.query.addresses.totalCount
SELECT 0, count(*) FROM addresses AS t1 WHERE t1.user_id = ?

-- createUser.query.users.totalCount
SELECT 0, (SELECT count(*) FROM users AS t1)

-- createUser.userEdge.node.address
-- sqlite
SELECT k.key, t1.id, t1.user_id, t1.email_address, t1.created_at, t1.updated_at, t1.version FROM json_each(?) AS k JOIN addresses AS t1 ON t1.user_id = k.value AND t1.user_id = ?
-- postgres
SELECT k.key, t1.id, t1.user_id, t1.email_address, t1.created_at, t1.updated_at, t1.version FROM (SELECT (SELECT ?::bigint) AS key) AS k JOIN addresses AS t1 ON t1.user_id = k.key AND t1.user_id = ?

-- User.username
SELECT id, username FROM users WHERE username = ?

-- insert User
-- sqlite
INSERT INTO users (username, name, password_hash, username_words, name_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO users (username, name, password_hash, username_words, name_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- known place
INSERT INTO known_places (user_id, place, seen_at) VALUES (?, ?, ?)
		ON CONFLICT (user_id, place) DO UPDATE SET seen_at = excluded.seen_at

-- next
SELECT t1.id, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM users AS t1 WHERE t1.id = ?

-- next.query.users.totalCount
SELECT 0, (SELECT count(*) FROM users AS t1)

-- 13 planned, 13 resolved
