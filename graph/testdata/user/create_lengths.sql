-- User.username
SELECT id, username FROM users WHERE username = ?

-- insert User
-- sqlite
INSERT INTO users (username, name, password_hash, username_words, name_words, created_at, updated_at) SELECT r.value ->> 'username', r.value ->> 'name', r.value ->> 'password_hash', r.value ->> 'username_words', r.value ->> 'name_words', ?, ? FROM json_each(?) AS r RETURNING id
-- postgres
INSERT INTO users (username, name, password_hash, username_words, name_words, created_at, updated_at) SELECT r.username, r.name, r.password_hash, r.username_words, r.name_words, ?::timestamp, ?::timestamp FROM json_to_recordset(?::json) AS r(username text, name text, password_hash text, username_words text, name_words text) RETURNING id

-- insert Profile
-- sqlite
INSERT INTO profiles (full_name, user_id, created_at, updated_at) SELECT r.value ->> 'full_name', r.value ->> 'user_id', ?, ? FROM json_each(?) AS r RETURNING id
-- postgres
INSERT INTO profiles (full_name, user_id, created_at, updated_at) SELECT r.full_name, r.user_id, ?::timestamp, ?::timestamp FROM json_to_recordset(?::json) AS r(full_name text, user_id bigint) RETURNING id

-- createUser
SELECT t1.id, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM users AS t1 WHERE t1.id = ?

-- createUser.user.profile
-- sqlite
SELECT k.value, t1.id, t1.user_id, t1.full_name, t1.bio, t1.created_at, t1.updated_at, t1.version FROM json_each(?) AS k JOIN profiles AS t1 ON t1.user_id = k.value
-- postgres
SELECT k.key, t1.id, t1.user_id, t1.full_name, t1.bio, t1.created_at, t1.updated_at, t1.version FROM unnest(?::bigint[]) AS k(key) JOIN profiles AS t1 ON t1.user_id = k.key

-- 5 planned, 5 resolved
