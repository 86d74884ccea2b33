-- +goose Up
-- Links in the order of the posts behind them, so that the newest of a tag are read without the others. Triggers that follow
-- from the page keep the column; `kith migrate up` makes them, and fills it.
ALTER TABLE post_tags ADD COLUMN posts_created_at timestamp;
CREATE INDEX post_tags_tag_id_posts_created_at_desc_idx ON post_tags (tag_id, posts_created_at DESC, post_id);

-- +goose Down
DROP INDEX post_tags_tag_id_posts_created_at_desc_idx;
DROP FUNCTION IF EXISTS kith_carry_post_tags_posts_created_at, kith_carry_post_tags_posts_created_at_source CASCADE;
ALTER TABLE post_tags DROP COLUMN posts_created_at;
