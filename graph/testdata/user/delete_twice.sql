-- User
-- sqlite
SELECT t.version, COALESCE(t.id, 0) FROM users AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.id, 0) FROM users AS t WHERE t.id = ? FOR NO KEY UPDATE

-- delete User.profile
DELETE FROM profiles WHERE user_id IN (SELECT id FROM users WHERE id = ?)

-- delete User.address
-- sqlite
UPDATE addresses SET user_id = NULL, version = version + 1, updated_at = ? WHERE user_id IN (SELECT id FROM users WHERE id = ?)
-- postgres
UPDATE addresses SET user_id = NULL, version = version + 1, updated_at = ?::timestamp WHERE user_id IN (SELECT id FROM users WHERE id = ?)

-- delete Post.tags
DELETE FROM post_tags WHERE post_id IN (SELECT id FROM posts WHERE author_id IN (SELECT id FROM users WHERE id = ?))

-- delete User.posts
DELETE FROM posts WHERE author_id IN (SELECT id FROM users WHERE id = ?)

-- delete User
DELETE FROM users WHERE id = ?

-- User
-- sqlite
SELECT t.version, COALESCE(t.id, 0) FROM users AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.id, 0) FROM users AS t WHERE t.id = ? FOR NO KEY UPDATE

-- 7 planned, 7 resolved
