-- User.username
SELECT id, username FROM users WHERE username = ?

-- insert User
-- sqlite
INSERT INTO users (username, name, password_hash, username_words, name_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO users (username, name, password_hash, username_words, name_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- createUser
SELECT t1.id, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM users AS t1 WHERE t1.id = ?

-- createUser.user.address
-- sqlite
SELECT k.value, t1.id, t1.user_id, t1.email_address, t1.created_at, t1.updated_at, t1.version FROM json_each(?) AS k JOIN addresses AS t1 ON t1.user_id = k.value
-- postgres
SELECT k.key, t1.id, t1.user_id, t1.email_address, t1.created_at, t1.updated_at, t1.version FROM unnest(?::bigint[]) AS k(key) JOIN addresses AS t1 ON t1.user_id = k.key

-- createUser.user.posts.totalCount
-- sqlite
SELECT k.value, (SELECT count(*) FROM posts AS t1 WHERE t1.author_id = k.value) FROM json_each(?) AS k
-- postgres
SELECT k.key, (SELECT count(*) FROM posts AS t1 WHERE t1.author_id = k.key) FROM unnest(?::bigint[]) AS k(key)

-- createUser.user.profile
-- sqlite
SELECT k.value, t1.id, t1.user_id, t1.full_name, t1.bio, t1.created_at, t1.updated_at, t1.version FROM json_each(?) AS k JOIN profiles AS t1 ON t1.user_id = k.value
-- postgres
SELECT k.key, t1.id, t1.user_id, t1.full_name, t1.bio, t1.created_at, t1.updated_at, t1.version FROM unnest(?::bigint[]) AS k(key) JOIN profiles AS t1 ON t1.user_id = k.key

-- 6 planned, 6 resolved
