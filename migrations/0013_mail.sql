-- +goose Up
-- Mails that are to be sent. Whom one is for, and the token in it, are worked out when it is sent: what asks for it does the same
-- work whether there is anybody.
CREATE TABLE mails (
    id            text PRIMARY KEY,
    purpose       text NOT NULL,
    email_address text NOT NULL,
    user_id       bigint REFERENCES users (id) ON DELETE CASCADE,
    created_at    timestamp NOT NULL,
    send_at       timestamp NOT NULL,
    tries         bigint NOT NULL
);
CREATE INDEX mails_send_at_idx ON mails (send_at);
CREATE INDEX mails_user_id_idx ON mails (user_id);

-- Tokens that were mailed, as hashes. One that was used stays until it expires, so that a mail that is sent again brings nothing back.
CREATE TABLE mailed_tokens (
    token_hash    text PRIMARY KEY,
    purpose       text NOT NULL,
    user_id       bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    email_address text NOT NULL,
    expires_at    timestamp NOT NULL,
    used_at       timestamp
);
CREATE INDEX mailed_tokens_user_id_idx ON mailed_tokens (user_id);
CREATE INDEX mailed_tokens_expires_at_idx ON mailed_tokens (expires_at);

-- The e-mail address that a user has shown to read, and its folded form. It counts as long as it is the user's address.
CREATE TABLE verified_emails (
    user_id       bigint PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    email_address text NOT NULL,
    folded        text NOT NULL,
    verified_at   timestamp NOT NULL
);
CREATE INDEX verified_emails_folded_idx ON verified_emails (folded);

-- +goose Down
DROP TABLE verified_emails;
DROP TABLE mailed_tokens;
DROP TABLE mails;
