-- between
-- sqlite
SELECT t1.id, t1.username FROM users AS t1 WHERE ((SELECT (nt2.n > ? AND nt2.n < ?) FROM (SELECT count(*) AS n FROM (SELECT 1 FROM posts AS t2 WHERE t2.author_id = t1.id LIMIT ?) AS rt2) AS nt2) AND t1.id IN (SELECT t3.author_id FROM posts AS t3 WHERE TRUE AND TRUE)) ORDER BY t1.id LIMIT 20
-- postgres
SELECT t1.id, t1.username FROM users AS t1 WHERE ((SELECT (nt2.n > ? AND nt2.n < ?) FROM (SELECT count(*) AS n FROM (SELECT 1 FROM posts AS t2 WHERE t2.author_id = t1.id LIMIT ?) AS rt2) AS nt2) AND EXISTS (SELECT 1 FROM posts AS t3 WHERE t3.author_id = t1.id AND TRUE)) ORDER BY t1.id LIMIT 20

-- none
SELECT t1.id, t1.username FROM users AS t1 WHERE (SELECT nt2.n = ? FROM (SELECT count(*) AS n FROM (SELECT 1 FROM posts AS t2 WHERE t2.author_id = t1.id LIMIT ?) AS rt2) AS nt2) ORDER BY t1.id LIMIT 20

-- not
SELECT t1.id, t1.username FROM users AS t1 WHERE NOT (TRUE) ORDER BY t1.id LIMIT 20

-- some
SELECT t1.id, t1.username FROM users AS t1 WHERE (SELECT nt2.n >= ? FROM (SELECT count(*) AS n FROM (SELECT 1 FROM posts AS t2 WHERE t2.author_id = t1.id LIMIT ?) AS rt2) AS nt2) ORDER BY t1.id LIMIT 20

-- some.totalCount
SELECT 0, count(*) FROM users AS t1 WHERE (SELECT nt2.n >= ? FROM (SELECT count(*) AS n FROM (SELECT 1 FROM posts AS t2 WHERE t2.author_id = t1.id LIMIT ?) AS rt2) AS nt2)

-- tagged
-- sqlite
SELECT t1.id, t1.username FROM users AS t1 WHERE (SELECT nt2.n IN (SELECT value FROM json_each(?)) FROM (SELECT count(*) AS n FROM (SELECT 1 FROM posts AS t2 WHERE t2.author_id = t1.id AND (SELECT nt3.n >= ? FROM (SELECT count(*) AS n FROM (SELECT 1 FROM post_tags AS t3 WHERE t3.post_id = t2.id LIMIT ?) AS rt3) AS nt3) LIMIT ?) AS rt2) AS nt2) ORDER BY t1.id LIMIT 20
-- postgres
SELECT t1.id, t1.username FROM users AS t1 WHERE (SELECT nt2.n = ANY(?::integer[]) FROM (SELECT count(*) AS n FROM (SELECT 1 FROM posts AS t2 WHERE t2.author_id = t1.id AND (SELECT nt3.n >= ? FROM (SELECT count(*) AS n FROM (SELECT 1 FROM post_tags AS t3 WHERE t3.post_id = t2.id LIMIT ?) AS rt3) AS nt3) LIMIT ?) AS rt2) AS nt2) ORDER BY t1.id LIMIT 20

-- 6 planned, 6 resolved
