-- users
SELECT t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM users AS t1 WHERE TRUE ORDER BY t1.id LIMIT 4

-- users.nodes.roles
-- sqlite
SELECT r.user_id, r.role FROM user_roles AS r WHERE r.user_id IN (SELECT value FROM json_each(?)) ORDER BY r.user_id, r.role
-- postgres
SELECT r.user_id, r.role FROM user_roles AS r WHERE r.user_id = ANY(?::bigint[]) ORDER BY r.user_id, r.role

-- users.nodes.posts
-- sqlite
SELECT k.value, t1.id, t1.author_id, t1.title, t1.content, t1.created_at, t1.updated_at, t1.version FROM json_each(?) AS k CROSS JOIN posts AS t1 ON t1.id IN (SELECT t2.id FROM posts AS t2 WHERE t2.author_id = k.value ORDER BY t2.id LIMIT 2) ORDER BY k.value, t1.id
-- postgres
SELECT k.key, t1.id, t1.author_id, t1.title, t1.content, t1.created_at, t1.updated_at, t1.version FROM unnest(?::bigint[]) AS k(key) CROSS JOIN LATERAL (SELECT t2.id, t2.author_id, t2.title, t2.content, t2.created_at, t2.updated_at, t2.version FROM posts AS t2 WHERE t2.author_id = k.key ORDER BY t2.id LIMIT 2) AS t1 ORDER BY k.key, t1.id

-- users.nodes.posts.nodes.author
-- sqlite
SELECT k.value, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM json_each(?) AS k JOIN users AS t1 ON t1.id = k.value
-- postgres
SELECT k.key, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM unnest(?::bigint[]) AS k(key) JOIN users AS t1 ON t1.id = k.key

-- 4 planned, 4 resolved
