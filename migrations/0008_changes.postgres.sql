-- +goose Up
-- What transactions changed, to be followed. Rows are added by triggers, which follow from the page: `kith migrate up` makes
-- them. A transaction has one position, given after its commit; mark tells its history from that of a restored backup.
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

-- The last position that was given, and which triggers there are. Quiet and next are SQLite's.
CREATE TABLE change_head (
    one      integer PRIMARY KEY CHECK (one = 1),
    position bigint NOT NULL,
    mark     bigint NOT NULL,
    next     bigint NOT NULL,
    quiet    boolean NOT NULL DEFAULT FALSE,
    recorded text NOT NULL DEFAULT ''
);
INSERT INTO change_head (one, position, mark, next) VALUES (1, 1, (random() * 9e15)::bigint, 0);

-- +goose Down
-- +goose StatementBegin
DO $$
DECLARE name regprocedure;
BEGIN
    FOR name IN SELECT oid::regprocedure FROM pg_proc WHERE proname LIKE 'kith\_record\_%' AND pronamespace = current_schema()::regnamespace LOOP
        EXECUTE 'DROP FUNCTION ' || name || ' CASCADE';
    END LOOP;
END $$;
-- +goose StatementEnd
DROP TABLE change_head;
DROP TABLE changes;
