-- +goose Up
-- A session is one log-in: the family of refresh tokens that follow from it. Only the newest token's hash is kept; any
-- other that names the session has been used before, and ends it.
CREATE TABLE sessions (
    id         text PRIMARY KEY,
    user_id    bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash text NOT NULL,
    created_at timestamp NOT NULL,
    expires_at timestamp NOT NULL
);
CREATE INDEX sessions_user_id_idx ON sessions (user_id);
CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);

-- Who an OpenID issuer's subject is here.
CREATE TABLE identities (
    issuer  text NOT NULL,
    subject text NOT NULL,
    user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_user_id_idx ON identities (user_id);

-- Failed log-ins since a time; what they are counted for is kept as a hash.
CREATE TABLE attempts (
    counted_for text PRIMARY KEY,
    failures    bigint NOT NULL,
    since       timestamp NOT NULL
);
CREATE INDEX attempts_since_idx ON attempts (since);

-- Answers of mutations that were sent with an Idempotency-Key. Key and request are kept as keyed hashes.
CREATE TABLE idempotency_keys (
    id         text PRIMARY KEY,
    request    text NOT NULL,
    answer     text,
    created_at timestamp NOT NULL
);
CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at);

-- +goose Down
DROP TABLE idempotency_keys;
DROP TABLE attempts;
DROP TABLE identities;
DROP TABLE sessions;
