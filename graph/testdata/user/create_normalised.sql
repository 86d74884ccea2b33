-- User.username
SELECT id, username FROM users WHERE username = ?

-- insert User
-- sqlite
INSERT INTO users (username, name, password_hash, username_words, name_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id, username, name
-- postgres
INSERT INTO users (username, name, password_hash, username_words, name_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id, username, name

-- 2 planned, 3 resolved
