-- address
SELECT t1.id, t1.id, t1.email_address FROM addresses AS t1 WHERE t1.id = ?

-- none
SELECT t1.id, t1.id FROM tags AS t1 WHERE t1.id = ?

-- post
SELECT t1.id, t1.id, t1.title FROM posts AS t1 WHERE t1.id = ?

-- profile
SELECT t1.id, t1.id, t1.full_name FROM profiles AS t1 WHERE t1.id = ?

-- tag
SELECT t1.id, t1.id, t1.name FROM tags AS t1 WHERE t1.id = ?

-- user
SELECT t1.id, t1.id, t1.username FROM users AS t1 WHERE t1.id = ?

-- 6 planned, 5 resolved
