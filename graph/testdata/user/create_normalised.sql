-- User.username
SELECT id, username FROM users WHERE username = ?

-- insert User
-- sqlite
INSERT INTO users (username, name, password_hash, username_words, name_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO users (username, name, password_hash, username_words, name_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- createUser
SELECT t1.id, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM users AS t1 WHERE t1.id = ?

-- 3 planned, 3 resolved
