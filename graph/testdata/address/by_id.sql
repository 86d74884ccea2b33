-- address
SELECT t1.id, t1.id, t1.email_address, t1.created_at, t1.updated_at, t1.version, t1.user_id, t2.id FROM addresses AS t1 LEFT JOIN users AS t2 ON t2.id = t1.user_id WHERE t1.id = ?

-- none
SELECT t1.id, t1.id FROM addresses AS t1 WHERE t1.id = ?

-- 2 planned, 1 resolved
