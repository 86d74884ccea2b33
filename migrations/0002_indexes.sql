-- +goose Up
-- Every foreign key, every order of a root connection, every order of a one-to-many relation.
-- The id comes last everywhere: it is the last tie-breaker of every order. It rises in a descending order too, so that
-- pages of children that are equal but for their ids need an index of their own for it.
CREATE INDEX users_name_idx ON users (name, id);
CREATE INDEX users_created_at_idx ON users (created_at, id);
CREATE INDEX users_updated_at_idx ON users (updated_at, id);

CREATE INDEX profiles_full_name_idx ON profiles (full_name, id);
CREATE INDEX profiles_created_at_idx ON profiles (created_at, id);
CREATE INDEX profiles_updated_at_idx ON profiles (updated_at, id);

CREATE INDEX addresses_email_address_idx ON addresses (email_address, id);
CREATE INDEX addresses_created_at_idx ON addresses (created_at, id);
CREATE INDEX addresses_updated_at_idx ON addresses (updated_at, id);

CREATE INDEX posts_title_idx ON posts (title, id);
CREATE INDEX posts_created_at_idx ON posts (created_at, id);
CREATE INDEX posts_updated_at_idx ON posts (updated_at, id);
CREATE INDEX posts_author_id_idx ON posts (author_id, id);
CREATE INDEX posts_author_id_title_idx ON posts (author_id, title, id);
CREATE INDEX posts_author_id_created_at_idx ON posts (author_id, created_at, id);
CREATE INDEX posts_author_id_updated_at_idx ON posts (author_id, updated_at, id);
CREATE INDEX posts_author_id_title_desc_idx ON posts (author_id, title DESC, id);
CREATE INDEX posts_author_id_created_at_desc_idx ON posts (author_id, created_at DESC, id);
CREATE INDEX posts_author_id_updated_at_desc_idx ON posts (author_id, updated_at DESC, id);

CREATE INDEX tags_created_at_idx ON tags (created_at, id);
CREATE INDEX tags_updated_at_idx ON tags (updated_at, id);

CREATE INDEX post_tags_tag_id_idx ON post_tags (tag_id, post_id);

-- +goose Down
DROP INDEX users_name_idx;
DROP INDEX users_created_at_idx;
DROP INDEX users_updated_at_idx;
DROP INDEX profiles_full_name_idx;
DROP INDEX profiles_created_at_idx;
DROP INDEX profiles_updated_at_idx;
DROP INDEX addresses_email_address_idx;
DROP INDEX addresses_created_at_idx;
DROP INDEX addresses_updated_at_idx;
DROP INDEX posts_title_idx;
DROP INDEX posts_created_at_idx;
DROP INDEX posts_updated_at_idx;
DROP INDEX posts_author_id_idx;
DROP INDEX posts_author_id_title_idx;
DROP INDEX posts_author_id_created_at_idx;
DROP INDEX posts_author_id_updated_at_idx;
DROP INDEX posts_author_id_title_desc_idx;
DROP INDEX posts_author_id_created_at_desc_idx;
DROP INDEX posts_author_id_updated_at_desc_idx;
DROP INDEX tags_created_at_idx;
DROP INDEX tags_updated_at_idx;
DROP INDEX post_tags_tag_id_idx;
