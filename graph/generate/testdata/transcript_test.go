package graph_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
)

// What docs/adding-a-table.md asks is answered as it says, on both databases, by plan and by resolvers.
func TestTranscript(t *testing.T) {
	text, err := os.ReadFile("../docs/adding-a-table.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(text), "```")
	for _, database := range databases {
		for _, planned := range []bool{true, false} {
			f := open(t, database, withSecret)
			handler := f.Resolved
			if planned {
				handler = f.Planned
			}
			send(t, handler, request{Query: `mutation { createUser(input: {username: "ada", password: "correct horse", posts: [{title: "Note G", content: "c"}]}) { user { id } } }`})
			access, _ := logIn(t, handler, "ada")
			ask := func(query string) []byte {
				_, body := send(t, handler, request{Query: query, Header: http.Header{"Authorization": {"Bearer " + access}}})
				return body
			}
			asked := 0
			for i, block := range blocks {
				query, ok := strings.CutPrefix(block, "graphql\n")
				if !ok {
					continue
				}
				want := strings.TrimSpace(strings.TrimPrefix(blocks[i+2], "json\n"))
				asked++
				var got bytes.Buffer
				if err := json.Compact(&got, ask(query)); err != nil || got.String() != want {
					t.Errorf("%s, planned %v: %s\nis answered\n%s\nand not\n%s", database, planned, query, got.String(), want)
				}
			}
			if asked < 7 {
				t.Errorf("%d questions are asked", asked)
			}
		}
	}
}
