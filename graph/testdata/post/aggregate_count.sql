-- posts.aggregate
-- sqlite
SELECT 0, count(*) FROM posts AS t1 WHERE instr(t1.title, ?) > 0
-- postgres
SELECT 0, count(*) FROM posts AS t1 WHERE t1.title LIKE ?

-- 1 planned, 1 resolved
