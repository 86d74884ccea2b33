-- posts.aggregate
-- sqlite
SELECT 0, count(*) FROM posts AS t1 WHERE instr(t1.title, ?) > 0
-- postgres
SELECT 0, count(*) FROM posts AS t1 WHERE strpos(t1.title, ?) > 0

-- 1 planned, 1 resolved
