-- profiles
SELECT t1.id, t1.user_id, t2.id, t2.username, t1.o0 FROM (SELECT t3.id, t3.user_id, t3o1.email_address AS o0 FROM profiles AS t3 JOIN users AS t3o0 ON t3o0.id = t3.user_id LEFT JOIN addresses AS t3o1 ON t3o1.user_id = t3o0.id AND t3o1.user_id = ? WHERE TRUE ORDER BY o0 NULLS LAST, t3.id LIMIT 20) AS t1 LEFT JOIN users AS t2 ON t2.id = t1.user_id ORDER BY t1.o0 NULLS LAST, t1.id

-- 1 planned, 2 resolved
