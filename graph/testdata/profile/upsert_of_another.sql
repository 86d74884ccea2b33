-- operation Made
-- 0 planned, 0 resolved

-- operation Given
-- 0 planned, 0 resolved
