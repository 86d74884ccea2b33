-- address
SELECT t1.id, t1.id FROM addresses AS t1 WHERE t1.id = ? AND t1.user_id = ?

-- addresses
SELECT t1.id FROM addresses AS t1 WHERE t1.user_id = ? ORDER BY t1.id LIMIT 20

-- addresses.totalCount
SELECT 0, count(*) FROM addresses AS t1 WHERE t1.user_id = ?

-- node
SELECT t1.id, t1.id FROM addresses AS t1 WHERE t1.id = ? AND t1.user_id = ?

-- nodes
SELECT t1.id, t1.id FROM users AS t1 WHERE t1.id = ?

-- nodes
SELECT t1.id, t1.id FROM addresses AS t1 WHERE t1.id = ? AND t1.user_id = ?

-- 6 planned, 5 resolved
