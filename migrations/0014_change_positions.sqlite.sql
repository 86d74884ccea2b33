-- +goose Up
-- The key of what is recorded is the position of its transaction, times 2^30, and a number within it, so that no index is needed. Who
-- follows begins anew.
DROP TABLE changes;
CREATE TABLE changes (
    id     integer PRIMARY KEY,
    mark   bigint NOT NULL,
    at     timestamp NOT NULL,
    place  text NOT NULL,
    key    bigint NOT NULL,
    verb   text NOT NULL,
    fields text,
    before text,
    after  text
);

-- +goose Down
DROP TABLE changes;
CREATE TABLE changes (
    id       integer PRIMARY KEY,
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
