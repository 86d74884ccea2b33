-- operation Good
-- update Address
-- sqlite
UPDATE addresses SET email_address = ?, updated_at = ?, version = version + 1 WHERE id = ? AND (email_address IS DISTINCT FROM ?) RETURNING id
-- postgres
UPDATE addresses SET email_address = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ? AND (email_address IS DISTINCT FROM ?) RETURNING id

-- updateAddress
SELECT t1.id, t1.id, t1.user_id, t1.email_address, t1.created_at, t1.updated_at, t1.version FROM addresses AS t1 WHERE t1.id = ?

-- updateAddress.address.user
-- sqlite
SELECT k.value, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM json_each(?) AS k JOIN users AS t1 ON t1.id = k.value
-- postgres
SELECT k.key, t1.id, t1.username, t1.name, t1.created_at, t1.updated_at, t1.version FROM unnest(?::bigint[]) AS k(key) JOIN users AS t1 ON t1.id = k.key

-- 3 planned, 3 resolved

-- operation Bad
-- 0 planned, 0 resolved
