-- User.username
SELECT id, username FROM users WHERE username = ?

-- insert User
-- sqlite
INSERT INTO users (username, name, password_hash, username_words, name_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO users (username, name, password_hash, username_words, name_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- insert Profile
-- sqlite
INSERT INTO profiles (full_name, user_id, created_at, updated_at) VALUES (?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO profiles (full_name, user_id, created_at, updated_at) VALUES (?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- createUser
SELECT t1.id, t1.id, t1.username, t1.name, t2.id, t2.full_name FROM users AS t1 LEFT JOIN profiles AS t2 ON t2.user_id = t1.id WHERE t1.id = ?

-- 4 planned, 5 resolved
