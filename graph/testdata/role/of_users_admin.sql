-- posts
SELECT t1.id, t1.author_id, t1.title, t1.content, t1.created_at, t1.updated_at, t1.version FROM posts AS t1 WHERE TRUE ORDER BY t1.id LIMIT 3

-- posts.nodes.author
-- sqlite
SELECT k.value, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM json_each(?) AS k JOIN users AS t1 ON t1.id = k.value
-- postgres
SELECT k.key, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM unnest(?::bigint[]) AS k(key) JOIN users AS t1 ON t1.id = k.key

-- users
SELECT t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM users AS t1 WHERE TRUE ORDER BY t1.id LIMIT 4

-- users.nodes.roles
-- sqlite
SELECT r.user_id, r.role FROM user_roles AS r WHERE r.user_id IN (SELECT value FROM json_each(?)) ORDER BY r.user_id, r.role
-- postgres
SELECT r.user_id, r.role FROM user_roles AS r WHERE r.user_id = ANY(?::bigint[]) ORDER BY r.user_id, r.role

-- 4 planned, 4 resolved
