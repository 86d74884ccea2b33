-- tags
SELECT t1.id FROM tags AS t1 WHERE TRUE ORDER BY t1.id LIMIT 1

-- tags
SELECT t1.id, t1.name, t1.created_at, t1.updated_at, t1.version FROM tags AS t1 WHERE TRUE ORDER BY t1.id LIMIT 2

-- 2 planned, 1 resolved
