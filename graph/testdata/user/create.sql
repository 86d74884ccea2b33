-- User.username
SELECT id, username FROM users WHERE username = ?

-- insert User
-- sqlite
INSERT INTO users (username, name, password_hash, username_words, name_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
-- postgres
INSERT INTO users (username, name, password_hash, username_words, name_words, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?::timestamp, ?::timestamp) RETURNING id

-- createUser
SELECT t1.id, t1.id, t1.username, t1.name, t1.version, t1.created_at, t1.updated_at, t2.id, t3.id FROM users AS t1 LEFT JOIN profiles AS t2 ON t2.user_id = t1.id LEFT JOIN addresses AS t3 ON t3.user_id = t1.id WHERE t1.id = ?

-- createUser.user.posts.totalCount
-- sqlite
SELECT k.value, (SELECT count(*) FROM posts AS t1 WHERE t1.author_id = k.value) FROM json_each(?) AS k
-- postgres
SELECT k.key, (SELECT count(*) FROM posts AS t1 WHERE t1.author_id = k.key) FROM (SELECT (SELECT ?::bigint) AS key) AS k

-- 4 planned, 6 resolved
