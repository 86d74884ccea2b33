-- +goose Up
-- What transactions changed, to be followed. Rows are added by triggers, which follow from the page: `kith migrate up` makes
-- them. A transaction has one position; mark tells its history from that of a restored backup.
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

-- The position of the last transaction, the mark of the next, and which triggers there are. While it is quiet nothing is recorded.
CREATE TABLE change_head (
    one      integer PRIMARY KEY CHECK (one = 1),
    position bigint NOT NULL,
    mark     bigint NOT NULL,
    next     bigint NOT NULL,
    quiet    boolean NOT NULL DEFAULT FALSE,
    recorded text NOT NULL DEFAULT ''
);
INSERT INTO change_head (one, position, mark, next) VALUES (1, 1, abs(random() >> 11), abs(random() >> 11));

-- +goose Down
-- The triggers of the tables that kith came with; those of others are to be dropped as well.
DROP TRIGGER IF EXISTS kith_record_insert_users;
DROP TRIGGER IF EXISTS kith_record_update_users;
DROP TRIGGER IF EXISTS kith_record_delete_users;
DROP TRIGGER IF EXISTS kith_record_insert_profiles;
DROP TRIGGER IF EXISTS kith_record_update_profiles;
DROP TRIGGER IF EXISTS kith_record_delete_profiles;
DROP TRIGGER IF EXISTS kith_record_insert_addresses;
DROP TRIGGER IF EXISTS kith_record_update_addresses;
DROP TRIGGER IF EXISTS kith_record_delete_addresses;
DROP TRIGGER IF EXISTS kith_record_insert_posts;
DROP TRIGGER IF EXISTS kith_record_update_posts;
DROP TRIGGER IF EXISTS kith_record_delete_posts;
DROP TRIGGER IF EXISTS kith_record_insert_tags;
DROP TRIGGER IF EXISTS kith_record_update_tags;
DROP TRIGGER IF EXISTS kith_record_delete_tags;
DROP TRIGGER IF EXISTS kith_record_insert_post_tags;
DROP TRIGGER IF EXISTS kith_record_update_post_tags;
DROP TRIGGER IF EXISTS kith_record_delete_post_tags;
DROP TABLE change_head;
DROP TABLE changes;
