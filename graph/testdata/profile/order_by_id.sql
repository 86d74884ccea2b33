-- down
SELECT t1.id, t1.full_name FROM profiles AS t1 WHERE TRUE ORDER BY t1.id DESC LIMIT 20

-- up
SELECT t1.id, t1.full_name FROM profiles AS t1 WHERE TRUE ORDER BY t1.id LIMIT 20

-- 2 planned, 2 resolved
