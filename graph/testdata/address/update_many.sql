-- operation Own
-- Address
-- sqlite
SELECT t.id, COALESCE(t.user_id, 0) FROM addresses AS t WHERE TRUE AND t.user_id = ? ORDER BY t.id LIMIT ?
-- postgres
SELECT t.id, COALESCE(t.user_id, 0) FROM addresses AS t WHERE TRUE AND t.user_id = ? ORDER BY t.id LIMIT ? FOR NO KEY UPDATE

-- update Address
-- sqlite
UPDATE addresses SET email_address = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (email_address IS DISTINCT FROM ?) RETURNING id
-- postgres
UPDATE addresses SET email_address = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (email_address IS DISTINCT FROM ?) RETURNING id

-- updateAddresses
SELECT t1.id, t1.id, t1.email_address, t1.version FROM addresses AS t1 WHERE t1.id = ? AND t1.user_id = ?

-- 3 planned, 3 resolved

-- operation Detached
-- Address
-- sqlite
SELECT t.id, COALESCE(t.user_id, 0) FROM addresses AS t WHERE TRUE AND t.user_id = ? ORDER BY t.id LIMIT ?
-- postgres
SELECT t.id, COALESCE(t.user_id, 0) FROM addresses AS t WHERE TRUE AND t.user_id = ? ORDER BY t.id LIMIT ? FOR UPDATE

-- update Address
-- sqlite
UPDATE addresses SET user_id = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (user_id IS DISTINCT FROM ?) RETURNING id
-- postgres
UPDATE addresses SET user_id = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (user_id IS DISTINCT FROM ?) RETURNING id

-- updateAddresses
SELECT t1.id, t1.id FROM addresses AS t1 WHERE t1.id = ? AND t1.user_id = ?

-- 3 planned, 3 resolved

-- operation None
-- Address
-- sqlite
SELECT t.id, COALESCE(t.user_id, 0) FROM addresses AS t WHERE TRUE AND t.user_id = ? ORDER BY t.id LIMIT ?
-- postgres
SELECT t.id, COALESCE(t.user_id, 0) FROM addresses AS t WHERE TRUE AND t.user_id = ? ORDER BY t.id LIMIT ? FOR UPDATE

-- 1 planned, 1 resolved
