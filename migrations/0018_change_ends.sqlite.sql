-- +goose Up
-- A transaction's position and its mark are in a row behind what it recorded, so that no other page is written. The key of what is recorded has
-- the position above its lower 30 bits; at the end of a transaction these are all ones. Who follows begins anew.
DROP TABLE changes;
CREATE TABLE changes (
    id     integer PRIMARY KEY,
    mark   bigint,
    at     timestamp,
    place  text NOT NULL,
    key    bigint NOT NULL,
    verb   text NOT NULL,
    fields text,
    before text,
    after  text
);
INSERT INTO changes (id, mark, at, place, key, verb)
SELECT (position + 1 << 30) - 1, abs(random() >> 11), strftime('%Y-%m-%d %H:%M:%f000', 'now'), '', 0, 'E' FROM change_head;
ALTER TABLE change_head DROP COLUMN position;
ALTER TABLE change_head DROP COLUMN mark;
ALTER TABLE change_head DROP COLUMN next;

-- +goose Down
ALTER TABLE change_head ADD COLUMN position bigint NOT NULL DEFAULT 1;
ALTER TABLE change_head ADD COLUMN mark bigint NOT NULL DEFAULT 0;
ALTER TABLE change_head ADD COLUMN next bigint NOT NULL DEFAULT 0;
UPDATE change_head SET position = (SELECT (max(id) + 1 >> 30) FROM changes), mark = abs(random() >> 11), next = abs(random() >> 11);
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
