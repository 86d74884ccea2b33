-- post
SELECT t1.id, t1.id, t1.author_id, t2.id, t3.id, t3.user_id, t4.id, t5.id, t5.user_id, t6.id FROM posts AS t1 LEFT JOIN users AS t2 ON t2.id = t1.author_id LEFT JOIN profiles AS t3 ON t3.user_id = t2.id LEFT JOIN users AS t4 ON t4.id = t3.user_id LEFT JOIN addresses AS t5 ON t5.user_id = t4.id LEFT JOIN users AS t6 ON t6.id = t5.user_id WHERE t1.id = ?

-- post.author.profile.user.address.user.profile
-- sqlite
SELECT k.key, t1.id, t1.full_name FROM json_each(?) AS k JOIN profiles AS t1 ON t1.user_id = k.value
-- postgres
SELECT k.key, t1.id, t1.full_name FROM (SELECT (SELECT ?::bigint) AS key) AS k JOIN profiles AS t1 ON t1.user_id = k.key

-- 2 planned, 6 resolved
