-- update Address
-- sqlite
UPDATE addresses SET email_address = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (email_address IS DISTINCT FROM ?) AND version = ? RETURNING id, email_address, version
-- postgres
UPDATE addresses SET email_address = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (email_address IS DISTINCT FROM ?) AND version = ? RETURNING id, email_address, version

-- Address
-- sqlite
SELECT t.version, COALESCE(t.user_id, 0), (email_address IS DISTINCT FROM ?), t.id, t.email_address, t.version FROM addresses AS t WHERE t.id = ?
-- postgres
SELECT t.version, COALESCE(t.user_id, 0), (email_address IS DISTINCT FROM ?), t.id, t.email_address, t.version FROM addresses AS t WHERE t.id = ? FOR NO KEY UPDATE

-- updateAddress
SELECT t1.id, t1.id, t1.user_id, t1.email_address, t1.created_at, t1.updated_at, t1.version FROM addresses AS t1 WHERE t1.id = ?

-- updateAddress
SELECT t1.id, t1.id, t1.user_id, t1.email_address, t1.created_at, t1.updated_at, t1.version FROM addresses AS t1 WHERE t1.id = ?

-- 4 planned, 4 resolved
