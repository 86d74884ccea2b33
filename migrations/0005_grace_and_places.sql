-- +goose Up
-- The refresh token before the newest, and when it was exchanged: for a moment it is answered with the same successor.
ALTER TABLE sessions ADD COLUMN previous_hash text;
ALTER TABLE sessions ADD COLUMN rotated_at timestamp;

-- Addresses that users have logged in from, as keyed hashes: failures elsewhere do not lock them out there.
CREATE TABLE known_places (
    user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    place   text NOT NULL,
    seen_at timestamp NOT NULL,
    PRIMARY KEY (user_id, place)
);
CREATE INDEX known_places_seen_at_idx ON known_places (seen_at);

-- +goose Down
DROP TABLE known_places;
ALTER TABLE sessions DROP COLUMN rotated_at;
ALTER TABLE sessions DROP COLUMN previous_hash;
