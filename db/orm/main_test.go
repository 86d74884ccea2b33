package orm

import (
	"os"
	"testing"

	"kith/db/dbtest/lint"
)

func TestMain(m *testing.M) { os.Exit(lint.Main(m, &Sent)) }
