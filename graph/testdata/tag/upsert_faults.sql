-- operation Other
-- 0 planned, 0 resolved

-- operation Blank
-- 0 planned, 0 resolved

-- operation Taken
-- lock Tag.name
-- postgres alone
SELECT t.id, COALESCE(TRUE, FALSE) FROM tags AS t WHERE t.name = ? FOR UPDATE

-- Tag.name
SELECT t.id, COALESCE(TRUE, FALSE) FROM tags AS t WHERE t.name = ?

-- Tag
-- sqlite
SELECT t.version, 0 FROM tags AS t WHERE t.id = ?
-- postgres
SELECT t.version, 0 FROM tags AS t WHERE t.id = ? FOR UPDATE

-- Tag.name
SELECT id, name FROM tags WHERE name = ?

-- 3 planned, 3 resolved
