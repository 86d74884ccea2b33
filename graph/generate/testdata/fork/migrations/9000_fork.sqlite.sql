-- +goose Up
CREATE TABLE comments (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    post_id    bigint NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    author_id  bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    body       TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version    bigint NOT NULL DEFAULT 1
);
CREATE TABLE empty_shelves (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    owner_id   bigint REFERENCES users (id) ON DELETE SET NULL,
    room       TEXT NOT NULL,
    code       TEXT NOT NULL UNIQUE,
    state      TEXT NOT NULL DEFAULT 'new',
    notes      TEXT NOT NULL DEFAULT 'secret',
    colour     TEXT,
    dust       TEXT,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version    bigint NOT NULL DEFAULT 1
);
CREATE TABLE notices (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    shelf_id   bigint REFERENCES empty_shelves (id) ON DELETE SET NULL,
    text       TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version    bigint NOT NULL DEFAULT 1
);
CREATE TABLE notes (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    post_id    bigint NOT NULL UNIQUE REFERENCES posts (id) ON DELETE CASCADE,
    author_id  bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    text       TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version    bigint NOT NULL DEFAULT 1
);
CREATE TABLE reviews (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    post_id    bigint NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    author_id  bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    summary    TEXT NOT NULL,
    body       TEXT NOT NULL,
    reply      TEXT,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version    bigint NOT NULL DEFAULT 1
);
CREATE TABLE knows (
    one_id   bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    other_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (one_id, other_id)
);

-- +goose Down
DROP TABLE knows;
DROP TABLE reviews;
DROP TABLE notes;
DROP TABLE notices;
DROP TABLE empty_shelves;
DROP TABLE comments;
