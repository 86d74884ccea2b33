-- +goose Up
-- Text compares and orders by code point (BINARY, the default), as PostgreSQL's COLLATE "C" does.
-- Times are UTC and made by the program; AUTOINCREMENT: ids are never reused.
CREATE TABLE users (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    username      TEXT NOT NULL UNIQUE CHECK (length(username) BETWEEN 1 AND 50),
    name          TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 50),
    password_hash TEXT,
    is_admin      BOOLEAN NOT NULL DEFAULT FALSE,
    created_at    TIMESTAMP NOT NULL,
    updated_at    TIMESTAMP NOT NULL,
    version       BIGINT NOT NULL DEFAULT 1
);

CREATE TABLE profiles (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id    BIGINT NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    full_name  TEXT CHECK (length(full_name) <= 100),
    bio        TEXT CHECK (length(bio) <= 10000),
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version    BIGINT NOT NULL DEFAULT 1
);

CREATE TABLE addresses (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id       BIGINT UNIQUE REFERENCES users (id) ON DELETE SET NULL,
    email_address TEXT NOT NULL CHECK (length(email_address) BETWEEN 1 AND 254),
    created_at    TIMESTAMP NOT NULL,
    updated_at    TIMESTAMP NOT NULL,
    version       BIGINT NOT NULL DEFAULT 1
);

CREATE TABLE posts (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    author_id  BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title      TEXT NOT NULL CHECK (length(title) BETWEEN 1 AND 100),
    content    TEXT NOT NULL CHECK (length(content) BETWEEN 1 AND 100000),
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version    BIGINT NOT NULL DEFAULT 1
);

CREATE TABLE tags (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 50),
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version    BIGINT NOT NULL DEFAULT 1
);

CREATE TABLE post_tags (
    post_id BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    tag_id  BIGINT NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
    PRIMARY KEY (post_id, tag_id)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE post_tags;
DROP TABLE tags;
DROP TABLE posts;
DROP TABLE addresses;
DROP TABLE profiles;
DROP TABLE users;
