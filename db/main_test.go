package db_test

import (
	"os"
	"testing"

	"kith/db"
	"kith/db/dbtest"
	"kith/db/dbtest/lint"
	"kith/db/orm"
)

// inParts tells whether the tests run on a cluster that has posts in parts: links that are written by hand are refused there unless they say of which.
func inParts() bool { return db.Posts.Shard() != nil && dbtest.OnCitus() }

func TestMain(m *testing.M) {
	if os.Getenv(dbtest.DistributedVariable) != "" {
		orm.DistributedBy("author_id")(db.Posts.Table)
	}
	os.Exit(lint.Main(m, &orm.Sent))
}
