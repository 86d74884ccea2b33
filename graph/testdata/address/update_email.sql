-- operation Good
-- update Address
-- sqlite
UPDATE addresses SET email_address = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (email_address IS DISTINCT FROM ?) RETURNING id
-- postgres
UPDATE addresses SET email_address = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (email_address IS DISTINCT FROM ?) RETURNING id

-- updateAddress
SELECT t1.id, t1.id, t1.email_address, t1.version, t1.user_id, t2.id, t2.username FROM addresses AS t1 LEFT JOIN users AS t2 ON t2.id = t1.user_id WHERE t1.id = ?

-- 2 planned, 3 resolved

-- operation Bad
-- 0 planned, 0 resolved
