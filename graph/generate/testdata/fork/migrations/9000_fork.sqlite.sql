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
CREATE TABLE readings (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    owner_id    bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    done        BOOLEAN NOT NULL,
    sure        BOOLEAN,
    tally       INTEGER NOT NULL,
    total       INTEGER,
    big         bigint NOT NULL UNIQUE,
    bigger      bigint,
    ratio       REAL NOT NULL,
    share       REAL,
    mood        TEXT NOT NULL CHECK (mood IN ('GLAD', 'SAD', 'MILD')),
    mood_before TEXT CHECK (mood_before IN ('GLAD', 'SAD', 'MILD')),
    price       bigint NOT NULL,
    rebate      bigint,
    day         TEXT NOT NULL,
    due         TEXT,
    code        TEXT NOT NULL UNIQUE,
    other_code  TEXT,
    data        TEXT NOT NULL,
    extra       TEXT,
    at          TIMESTAMP NOT NULL,
    until       TIMESTAMP,
    created_at  TIMESTAMP NOT NULL,
    updated_at  TIMESTAMP NOT NULL,
    version     bigint NOT NULL DEFAULT 1
);
CREATE TABLE knows (
    one_id   bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    other_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (one_id, other_id)
);

-- +goose Down
DROP TABLE knows;
DROP TABLE readings;
DROP TABLE notices;
DROP TABLE empty_shelves;
DROP TABLE comments;
