-- operation grant
-- role
-- sqlite
SELECT id FROM users WHERE id = ?
-- postgres
SELECT id FROM users WHERE id = ? FOR NO KEY UPDATE

-- 1 planned, 1 resolved

-- operation missing
-- role
-- sqlite
SELECT id FROM users WHERE id = ?
-- postgres
SELECT id FROM users WHERE id = ? FOR NO KEY UPDATE

-- 1 planned, 1 resolved

-- operation wrong
-- role
-- sqlite
SELECT id FROM users WHERE id = ?
-- postgres
SELECT id FROM users WHERE id = ? FOR NO KEY UPDATE

-- 1 planned, 1 resolved

-- operation revoke
-- role
-- sqlite
SELECT id FROM users WHERE id = ?
-- postgres
SELECT id FROM users WHERE id = ? FOR NO KEY UPDATE

-- delete role
DELETE FROM user_roles WHERE user_id = ? AND role = ?

-- revokeRole
SELECT t1.id, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM users AS t1 WHERE t1.id = ?

-- revokeRole.user.roles
-- sqlite
SELECT r.user_id, r.role FROM user_roles AS r WHERE r.user_id IN (SELECT value FROM json_each(?)) ORDER BY r.user_id, r.role
-- postgres
SELECT r.user_id, r.role FROM user_roles AS r WHERE r.user_id = ANY(?::bigint[]) ORDER BY r.user_id, r.role

-- 4 planned, 4 resolved
