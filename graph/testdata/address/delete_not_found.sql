-- Address
-- sqlite
SELECT t.version, COALESCE(t.user_id, 0) FROM addresses AS t WHERE t.id = ? AND t.user_id = ?
-- postgres
SELECT t.version, COALESCE(t.user_id, 0) FROM addresses AS t WHERE t.id = ? AND t.user_id = ? FOR UPDATE

-- 1 planned, 1 resolved
