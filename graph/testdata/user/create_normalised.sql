-- User.username
SELECT id, username FROM users WHERE username = ?

-- insert User
-- sqlite
INSERT INTO users (username, name, password_hash, created_at, updated_at) SELECT r.value ->> 'username', r.value ->> 'name', r.value ->> 'password_hash', ?, ? FROM json_each(?) AS r RETURNING id
-- postgres
INSERT INTO users (username, name, password_hash, created_at, updated_at) SELECT r.username, r.name, r.password_hash, ?::timestamp, ?::timestamp FROM json_to_recordset(?::json) AS r(username text, name text, password_hash text) RETURNING id

-- createUser
SELECT t1.id, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM users AS t1 WHERE t1.id = ?

-- 3 planned, 3 resolved
