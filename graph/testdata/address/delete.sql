-- operation Delete
-- Address
-- sqlite
SELECT t.version, COALESCE(t.user_id, 0) FROM addresses AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.user_id, 0) FROM addresses AS t WHERE t.id = ? FOR UPDATE

-- delete Address
DELETE FROM addresses WHERE id = ?

-- 2 planned, 2 resolved

-- operation Read
-- user
SELECT t1.username, t1.id, t1.username, t2.id FROM users AS t1 LEFT JOIN addresses AS t2 ON t2.user_id = t1.id WHERE t1.username = ?

-- 1 planned, 2 resolved
