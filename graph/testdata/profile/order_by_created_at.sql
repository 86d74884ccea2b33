-- down
SELECT t1.id, t1.full_name, t1.created_at FROM profiles AS t1 WHERE TRUE ORDER BY t1.created_at DESC, t1.id LIMIT 20

-- up
SELECT t1.id, t1.full_name, t1.created_at FROM profiles AS t1 WHERE TRUE ORDER BY t1.created_at, t1.id LIMIT 20

-- 2 planned, 2 resolved
