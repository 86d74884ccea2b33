-- +goose Up
-- What is recorded is written once: positions are of transactions, in a table of their own. All that was visible to the snapshot in
-- seen has one, so what has none is found from the end of an index, however much there is. Who follows begins anew.
DROP TABLE changes;
CREATE TABLE changes (
    id     bigint GENERATED ALWAYS AS IDENTITY,
    xid    xid8 NOT NULL DEFAULT pg_current_xact_id(),
    place  text NOT NULL,
    key    bigint NOT NULL,
    verb   text NOT NULL,
    fields text,
    before text,
    after  text
);
CREATE INDEX changes_xid_idx ON changes (xid, id);
CREATE TABLE change_positions (
    position bigint PRIMARY KEY,
    xid      xid8 NOT NULL,
    mark     bigint NOT NULL,
    at       timestamp NOT NULL
);
ALTER TABLE change_head ADD COLUMN seen pg_snapshot NOT NULL DEFAULT pg_current_snapshot();

-- Gives positions to all that has been committed and has none, and tells whether there was something. One at a time: what one sees behind
-- the lock has no position yet. What two transactions did to one row, or one to what the other had made, was done in the order of their
-- commits, which is that of the last change of each. A snapshot of the future is that of another server: this is a dump of its database, and
-- its numbers of transactions say nothing here.
-- +goose StatementBegin
CREATE FUNCTION kith_number_changes(new_mark bigint, now timestamp) RETURNS boolean LANGUAGE plpgsql
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    head change_head;
BEGIN
    SELECT * INTO head FROM change_head FOR UPDATE;
    IF pg_snapshot_xmax(head.seen) > pg_snapshot_xmax(pg_current_snapshot()) THEN
        WITH rows AS (DELETE FROM changes), positions AS (DELETE FROM change_positions)
        UPDATE change_head SET position = position + 1, mark = new_mark, seen = pg_current_snapshot();
        INSERT INTO changes (place, key, verb) VALUES ('', 0, 'R'); -- which has its position the next time
    ELSE
        WITH fresh AS MATERIALIZED (
            SELECT c.xid, row_number() OVER (ORDER BY max(c.id)) AS n FROM (
                SELECT xid, id FROM changes WHERE xid >= pg_snapshot_xmax(head.seen)
                UNION ALL SELECT xid, id FROM changes WHERE xid = ANY (ARRAY(SELECT pg_snapshot_xip(head.seen)))) AS c GROUP BY c.xid
        ), given AS (
            INSERT INTO change_positions SELECT head.position + f.n, f.xid, new_mark, now FROM fresh AS f
        )
        UPDATE change_head SET position = head.position + l.n, mark = new_mark, seen = pg_current_snapshot()
        FROM (SELECT max(f.n) AS n FROM fresh AS f) AS l WHERE l.n > 0;
    END IF;
    RETURN FOUND;
END $$;
-- +goose StatementEnd

-- What has been committed and has no position.
-- +goose StatementBegin
CREATE FUNCTION kith_changes_without_position() RETURNS SETOF changes LANGUAGE plpgsql STABLE
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    seen pg_snapshot := (SELECT h.seen FROM change_head AS h);
BEGIN
    IF pg_snapshot_xmax(seen) > pg_snapshot_xmax(pg_current_snapshot()) THEN
        RETURN QUERY SELECT c.* FROM changes AS c;
    ELSE
        RETURN QUERY SELECT c.* FROM changes AS c WHERE c.xid >= pg_snapshot_xmax(seen)
            UNION ALL SELECT c.* FROM changes AS c WHERE c.xid = ANY (ARRAY(SELECT pg_snapshot_xip(seen)));
    END IF;
END $$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION kith_number_changes;
DROP FUNCTION kith_changes_without_position;
DROP TABLE change_positions;
DROP TABLE changes;
CREATE TABLE changes (
    id       bigint GENERATED ALWAYS AS IDENTITY,
    xid      bigint NOT NULL DEFAULT (pg_current_xact_id()::text)::bigint,
    position bigint,
    mark     bigint,
    at       timestamp,
    place    text NOT NULL,
    key      bigint NOT NULL,
    verb     text NOT NULL,
    fields   text,
    before   text,
    after    text
);
CREATE INDEX changes_position_idx ON changes (position, id) WHERE position IS NOT NULL;
CREATE INDEX changes_new_idx ON changes (id) WHERE position IS NULL;
ALTER TABLE change_head DROP COLUMN seen;
UPDATE change_head SET recorded = '';
