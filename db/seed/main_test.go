package seed_test

import (
	"os"
	"testing"

	"kith/db/dbtest/lint"
	"kith/db/orm"
)

func TestMain(m *testing.M) { os.Exit(lint.Main(m, &orm.Sent)) }
