-- +goose Up
-- Roles that admins have granted; what they allow stands on the page.
CREATE TABLE user_roles (
    user_id    bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role       text NOT NULL,
    granted_at timestamp NOT NULL,
    PRIMARY KEY (user_id, role)
);

-- +goose Down
DROP TABLE user_roles;
