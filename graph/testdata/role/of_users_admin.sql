-- users
SELECT t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM users AS t1 WHERE TRUE ORDER BY t1.id LIMIT 4

-- users.nodes.roles
-- sqlite
SELECT r.user_id, r.role FROM user_roles AS r WHERE r.user_id IN (SELECT value FROM json_each(?)) ORDER BY r.user_id, r.role
-- postgres
SELECT r.user_id, r.role FROM user_roles AS r WHERE r.user_id = ANY(?::bigint[]) ORDER BY r.user_id, r.role

-- 2 planned, 2 resolved
