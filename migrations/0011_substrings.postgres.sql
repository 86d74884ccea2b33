-- +goose Up
-- Titles can be searched for what occurs in them.
-- +goose StatementBegin
DO $$ BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX posts_title_trgm_idx ON posts USING gin (kith_fold(title) gin_trgm_ops);
EXCEPTION WHEN undefined_file OR feature_not_supported OR insufficient_privilege OR undefined_object THEN
    RAISE WARNING 'pg_trgm cannot be used (%), and what looks for a part of a text reads the whole table', SQLERRM;
END $$;
-- +goose StatementEnd

-- +goose Down
DROP INDEX IF EXISTS posts_title_trgm_idx;
