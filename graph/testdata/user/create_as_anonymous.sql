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
SELECT t1.id, t1.id, t1.username, t2.id, t2.email_address FROM users AS t1 LEFT JOIN addresses AS t2 ON t2.user_id = t1.id AND t2.user_id = ? WHERE t1.id = ?

-- 5 planned, 6 resolved
