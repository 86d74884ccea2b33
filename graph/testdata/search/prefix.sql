-- phrase
-- sqlite
WITH found AS MATERIALIZED (SELECT 0 AS place, t1.id AS id, CASE instr(t1.username_words, ?) WHEN 0 THEN 0 WHEN 1 THEN CASE WHEN t1.username_words = ? THEN 8 ELSE 4 END ELSE 3 END + CASE instr(t1.name_words, ?) WHEN 0 THEN 0 WHEN 1 THEN CASE WHEN t1.name_words = ? THEN 4 ELSE 2 END ELSE 1 END AS rank FROM users AS t1 WHERE (t1.id IN (SELECT rowid FROM users_search WHERE users_search MATCH ?) AND (instr(t1.username_words, ?) > 0 OR instr(t1.name_words, ?) > 0)) UNION ALL SELECT 1 AS place, t2.id AS id, CASE instr(t2.title_words, ?) WHEN 0 THEN 0 WHEN 1 THEN CASE WHEN t2.title_words = ? THEN 8 ELSE 4 END ELSE 3 END + CASE instr(t2.content_words, ?) WHEN 0 THEN 0 WHEN 1 THEN CASE WHEN t2.content_words = ? THEN 4 ELSE 2 END ELSE 1 END AS rank FROM posts AS t2 WHERE (t2.id IN (SELECT rowid FROM posts_search WHERE posts_search MATCH ?) AND (instr(t2.title_words, ?) > 0 OR instr(t2.content_words, ?) > 0))) SELECT FALSE, p.place, p.id, p.rank FROM (SELECT 1 AS one) AS k LEFT JOIN (SELECT place, id, rank FROM found ORDER BY rank DESC, place, id LIMIT 20) AS p ON TRUE ORDER BY p.rank DESC, p.place, p.id
-- postgres
WITH found AS MATERIALIZED (SELECT 0 AS place, t1.id AS id, CASE strpos(t1.username_words, ?) WHEN 0 THEN 0 WHEN 1 THEN CASE WHEN t1.username_words = ? THEN 8 ELSE 4 END ELSE 3 END + CASE strpos(t1.name_words, ?) WHEN 0 THEN 0 WHEN 1 THEN CASE WHEN t1.name_words = ? THEN 4 ELSE 2 END ELSE 1 END AS rank FROM users AS t1 WHERE (t1.search @@ ?::tsquery AND (strpos(t1.username_words, ?) > 0 OR strpos(t1.name_words, ?) > 0)) UNION ALL SELECT 1 AS place, t2.id AS id, CASE strpos(t2.title_words, ?) WHEN 0 THEN 0 WHEN 1 THEN CASE WHEN t2.title_words = ? THEN 8 ELSE 4 END ELSE 3 END + CASE strpos(t2.content_words, ?) WHEN 0 THEN 0 WHEN 1 THEN CASE WHEN t2.content_words = ? THEN 4 ELSE 2 END ELSE 1 END AS rank FROM posts AS t2 WHERE (t2.search @@ ?::tsquery AND (strpos(t2.title_words, ?) > 0 OR strpos(t2.content_words, ?) > 0))) SELECT FALSE, p.place, p.id, p.rank FROM (SELECT 1 AS one) AS k LEFT JOIN (SELECT place, id, rank FROM found ORDER BY rank DESC, place, id LIMIT 20) AS p ON TRUE ORDER BY p.rank DESC, p.place, p.id

-- phrase.nodes
-- sqlite
SELECT k.key, t1.id, t1.title, t1.content FROM json_each(?) AS k JOIN posts AS t1 ON t1.id = k.value
-- postgres
SELECT k.key, t1.id, t1.title, t1.content FROM unnest((SELECT ?::bigint[])) AS k(key) JOIN posts AS t1 ON t1.id = k.key

-- prefix
-- sqlite
WITH found AS MATERIALIZED (SELECT 0 AS place, t1.id AS id, CASE instr(t1.username_words, ?) WHEN 0 THEN 0 WHEN 1 THEN CASE WHEN t1.username_words = ? THEN 8 ELSE 4 END ELSE 3 END + CASE instr(t1.name_words, ?) WHEN 0 THEN 0 WHEN 1 THEN CASE WHEN t1.name_words = ? THEN 4 ELSE 2 END ELSE 1 END AS rank FROM users AS t1 WHERE t1.id IN (SELECT rowid FROM users_search WHERE users_search MATCH ?) UNION ALL SELECT 1 AS place, t2.id AS id, CASE instr(t2.title_words, ?) WHEN 0 THEN 0 WHEN 1 THEN CASE WHEN t2.title_words = ? THEN 8 ELSE 4 END ELSE 3 END + CASE instr(t2.content_words, ?) WHEN 0 THEN 0 WHEN 1 THEN CASE WHEN t2.content_words = ? THEN 4 ELSE 2 END ELSE 1 END AS rank FROM posts AS t2 WHERE t2.id IN (SELECT rowid FROM posts_search WHERE posts_search MATCH ?)) SELECT FALSE, p.place, p.id, p.rank FROM (SELECT 1 AS one) AS k LEFT JOIN (SELECT place, id, rank FROM found ORDER BY rank DESC, place, id LIMIT 20) AS p ON TRUE ORDER BY p.rank DESC, p.place, p.id
-- postgres
WITH found AS MATERIALIZED (SELECT 0 AS place, t1.id AS id, CASE strpos(t1.username_words, ?) WHEN 0 THEN 0 WHEN 1 THEN CASE WHEN t1.username_words = ? THEN 8 ELSE 4 END ELSE 3 END + CASE strpos(t1.name_words, ?) WHEN 0 THEN 0 WHEN 1 THEN CASE WHEN t1.name_words = ? THEN 4 ELSE 2 END ELSE 1 END AS rank FROM users AS t1 WHERE t1.search @@ ?::tsquery UNION ALL SELECT 1 AS place, t2.id AS id, CASE strpos(t2.title_words, ?) WHEN 0 THEN 0 WHEN 1 THEN CASE WHEN t2.title_words = ? THEN 8 ELSE 4 END ELSE 3 END + CASE strpos(t2.content_words, ?) WHEN 0 THEN 0 WHEN 1 THEN CASE WHEN t2.content_words = ? THEN 4 ELSE 2 END ELSE 1 END AS rank FROM posts AS t2 WHERE t2.search @@ ?::tsquery) SELECT FALSE, p.place, p.id, p.rank FROM (SELECT 1 AS one) AS k LEFT JOIN (SELECT place, id, rank FROM found ORDER BY rank DESC, place, id LIMIT 20) AS p ON TRUE ORDER BY p.rank DESC, p.place, p.id

-- prefix.nodes
-- sqlite
SELECT k.key, t1.id, t1.title, t1.content FROM json_each(?) AS k JOIN posts AS t1 ON t1.id = k.value
-- postgres
SELECT k.key, t1.id, t1.title, t1.content FROM unnest((SELECT ?::bigint[])) AS k(key) JOIN posts AS t1 ON t1.id = k.key

-- prefix.totalCount
-- sqlite
SELECT count(*) FROM (SELECT 1 AS one FROM users AS t1 WHERE t1.id IN (SELECT rowid FROM users_search WHERE users_search MATCH ?) UNION ALL SELECT 1 AS one FROM posts AS t2 WHERE t2.id IN (SELECT rowid FROM posts_search WHERE posts_search MATCH ?)) AS found
-- postgres
SELECT count(*) FROM (SELECT 1 AS one FROM users AS t1 WHERE t1.search @@ ?::tsquery UNION ALL SELECT 1 AS one FROM posts AS t2 WHERE t2.search @@ ?::tsquery) AS found

-- whole.totalCount
-- sqlite
SELECT count(*) FROM (SELECT 1 AS one FROM users AS t1 WHERE t1.id IN (SELECT rowid FROM users_search WHERE users_search MATCH ?) UNION ALL SELECT 1 AS one FROM posts AS t2 WHERE t2.id IN (SELECT rowid FROM posts_search WHERE posts_search MATCH ?)) AS found
-- postgres
SELECT count(*) FROM (SELECT 1 AS one FROM users AS t1 WHERE t1.search @@ ?::tsquery UNION ALL SELECT 1 AS one FROM posts AS t2 WHERE t2.search @@ ?::tsquery) AS found

-- 6 planned, 5 resolved
