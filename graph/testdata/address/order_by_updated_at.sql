-- down
SELECT t1.id, t1.email_address FROM addresses AS t1 WHERE TRUE ORDER BY t1.updated_at DESC, t1.id LIMIT 20

-- up
SELECT t1.id, t1.email_address, t1.updated_at FROM addresses AS t1 WHERE TRUE ORDER BY t1.updated_at, t1.id LIMIT 20

-- 2 planned, 2 resolved
