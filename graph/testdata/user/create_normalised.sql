-- User.username
SELECT id, username FROM users WHERE username = ?

-- insert User
-- sqlite
INSERT INTO users (username, name, password_hash, username_words, name_words, created_at, updated_at) SELECT r.value ->> 'username', r.value ->> 'name', r.value ->> 'password_hash', r.value ->> 'username_words', r.value ->> 'name_words', ?, ? FROM json_each(?) AS r RETURNING id
-- postgres
INSERT INTO users (username, name, password_hash, username_words, name_words, created_at, updated_at) SELECT r.username, r.name, r.password_hash, r.username_words, r.name_words, ?::timestamp, ?::timestamp FROM json_to_recordset(?::json) AS r(username text, name text, password_hash text, username_words text, name_words text) RETURNING id

-- createUser
SELECT t1.id, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM users AS t1 WHERE t1.id = ?

-- 3 planned, 3 resolved
