-- operation Several
-- lock Address
-- postgres alone
SELECT t.id, COALESCE(t.user_id, 0) FROM addresses AS t WHERE TRUE ORDER BY t.id LIMIT ?

-- lock User
-- postgres alone
SELECT count(*) FROM (SELECT id FROM users WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR KEY SHARE) AS locked

-- lock Address
-- postgres alone
SELECT count(*) FROM (SELECT id FROM addresses WHERE id IN (SELECT k.key FROM unnest((SELECT ?::bigint[])) AS k(key)) ORDER BY id FOR UPDATE) AS locked

-- Address
-- sqlite
SELECT t.id, COALESCE(t.user_id, 0) FROM addresses AS t WHERE TRUE ORDER BY t.id LIMIT ?
-- postgres
SELECT t.id, COALESCE(t.user_id, 0) FROM addresses AS t WHERE TRUE ORDER BY t.id LIMIT ? FOR UPDATE

-- Address.userId
-- sqlite
SELECT id, id FROM users WHERE id = ? ORDER BY id
-- postgres
SELECT id, id FROM users WHERE id = ? ORDER BY id FOR KEY SHARE

-- Address.userId
SELECT id, user_id FROM addresses WHERE user_id = ?

-- 3 planned, 3 resolved

-- operation Nobodys
-- Address
-- sqlite
SELECT t.id, COALESCE(t.user_id, 0) FROM addresses AS t WHERE TRUE ORDER BY t.id LIMIT ?
-- postgres
SELECT t.id, COALESCE(t.user_id, 0) FROM addresses AS t WHERE TRUE ORDER BY t.id LIMIT ? FOR UPDATE

-- update Address
-- sqlite
UPDATE addresses SET user_id = ?, updated_at = ?, version = version + 1 WHERE id IN (SELECT value FROM json_each(?)) AND (user_id IS DISTINCT FROM ?)
-- postgres
UPDATE addresses SET user_id = ?, updated_at = ?::timestamp, version = version + 1 WHERE id = ANY(?::bigint[]) AND (user_id IS DISTINCT FROM ?)

-- updateAddresses
-- sqlite
SELECT k.key, t1.id, t1.version, t1.user_id, t2.id FROM json_each(?) AS k JOIN addresses AS t1 ON t1.id = k.value LEFT JOIN users AS t2 ON t2.id = t1.user_id
-- postgres
SELECT k.key, t1.id, t1.version, t1.user_id, t2.id FROM unnest((SELECT ?::bigint[])) AS k(key) JOIN addresses AS t1 ON t1.id = k.key LEFT JOIN users AS t2 ON t2.id = t1.user_id

-- 3 planned, 3 resolved
