-- back
SELECT FALSE, (SELECT 1 FROM profiles AS t2 WHERE TRUE AND ((FALSE) OR (t2.full_name IS NULL AND t2.id > ?) OR (t2.full_name IS NULL AND t2.id = ?)) ORDER BY t2.full_name NULLS LAST, t2.id LIMIT 1) IS NOT NULL, t1.id, t1.full_name FROM (SELECT 1 AS one) AS k LEFT JOIN (SELECT t3.id, t3.full_name FROM profiles AS t3 WHERE TRUE AND ((t3.full_name IS NOT NULL) OR (t3.full_name IS NULL AND t3.id < ?)) ORDER BY t3.full_name DESC NULLS FIRST, t3.id DESC LIMIT 2) AS t1 ON TRUE ORDER BY t1.full_name DESC NULLS FIRST, t1.id DESC

-- down
SELECT (SELECT 1 FROM profiles AS t2 WHERE TRUE AND ((FALSE) OR (t2.full_name IS NULL AND t2.id < ?) OR (t2.full_name IS NULL AND t2.id = ?)) ORDER BY t2.full_name NULLS LAST, t2.id DESC LIMIT 1) IS NOT NULL, FALSE, t1.id, t1.full_name FROM (SELECT 1 AS one) AS k LEFT JOIN (SELECT t3.id, t3.full_name FROM profiles AS t3 WHERE TRUE AND ((t3.full_name IS NOT NULL) OR (t3.full_name IS NULL AND t3.id > ?)) ORDER BY t3.full_name DESC NULLS FIRST, t3.id LIMIT 2) AS t1 ON TRUE ORDER BY t1.full_name DESC NULLS FIRST, t1.id

-- end
SELECT (SELECT 1 FROM profiles AS t2 WHERE TRUE AND ((t2.full_name IS NOT NULL) OR (t2.full_name IS NULL AND t2.id < ?) OR (t2.full_name IS NULL AND t2.id = ?)) ORDER BY t2.full_name DESC NULLS FIRST, t2.id DESC LIMIT 1) IS NOT NULL, FALSE, t1.id, t1.full_name FROM (SELECT 1 AS one) AS k LEFT JOIN (SELECT t3.id, t3.full_name FROM profiles AS t3 WHERE TRUE AND ((FALSE) OR (t3.full_name IS NULL AND t3.id > ?)) ORDER BY t3.full_name NULLS LAST, t3.id LIMIT 21) AS t1 ON TRUE ORDER BY t1.full_name NULLS LAST, t1.id

-- up
SELECT (SELECT 1 FROM profiles AS t2 WHERE TRUE AND (t2.full_name <= ? AND ((t2.full_name < ?) OR (t2.full_name = ? AND t2.id < ?) OR (t2.full_name = ? AND t2.id = ?))) ORDER BY t2.full_name DESC NULLS FIRST, t2.id DESC LIMIT 1) IS NOT NULL, FALSE, t1.id, t1.full_name FROM (SELECT 1 AS one) AS k LEFT JOIN (SELECT t3.id, t3.full_name FROM profiles AS t3 WHERE TRUE AND (((t3.full_name > ? OR t3.full_name IS NULL)) OR (t3.full_name = ? AND t3.id > ?)) ORDER BY t3.full_name NULLS LAST, t3.id LIMIT 21) AS t1 ON TRUE ORDER BY t1.full_name NULLS LAST, t1.id

-- 4 planned, 4 resolved
