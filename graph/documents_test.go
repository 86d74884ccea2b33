package graph_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"kith/db/seed"
)

// What the documents ask of the demo graph is answered as they say, on both databases, by plan and by resolvers. -update writes
// the answers into them.
func TestGoldenDocuments(t *testing.T) {
	for _, document := range []string{"../docs/asking.md", "../docs/writing.md"} {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		blocks := strings.Split(string(text), "```")
		asked := 0
		for _, database := range databases {
			for _, planned := range []bool{true, false} {
				f := open(t, database, withSecret)
				if err := seed.Demo(t.Context(), f.DB); err != nil {
					t.Fatal(err)
				}
				handler := f.Resolved
				if planned {
					handler = f.Planned
				}
				access := answerOf(t, handler, request{Query: logInText, Variables: map[string]any{"u": "ada", "p": "demo-password"}}).text("logIn", "session", "accessToken")
				for i, block := range blocks {
					first, query, _ := strings.Cut(block, "\n")
					if i%2 == 0 || !strings.HasPrefix(first, "graphql") {
						continue
					}
					r := request{Query: query}
					if first == "graphql as ada" {
						r.Header = http.Header{"Authorization": {"Bearer " + access}}
					}
					_, body := send(t, handler, r)
					asked++
					answer := i + 2
					if *update {
						blocks[answer] = "json\n" + folded(body)
						continue
					}
					var want bytes.Buffer
					if err := json.Compact(&want, []byte(strings.TrimPrefix(blocks[answer], "json"))); err != nil || !bytes.Equal(want.Bytes(), body) {
						t.Errorf("%s on %s, planned %v: %s\nis answered\n%s\nand not\n%s", document, database, planned, query, body, want.Bytes())
					}
				}
			}
		}
		if asked < 4*6 {
			t.Errorf("%s asks %d times", document, asked)
		}
		if *update {
			if err := os.WriteFile(document, []byte(strings.Join(blocks, "```")), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// folded breaks JSON in front of what would be behind column 130.
func folded(text []byte) string {
	var out strings.Builder
	column, inText := 0, false
	for i, c := range text {
		if c == '"' && (i == 0 || text[i-1] != '\\') {
			if inText = !inText; inText && i > 0 && strings.IndexByte(",[", text[i-1]) >= 0 {
				if end := bytes.IndexByte(text[i+1:], '"'); column+end > 118 {
					out.WriteByte('\n')
					column = 0
				}
			}
		}
		if c == '{' && !inText && column > 100 {
			out.WriteByte('\n')
			column = 0
		}
		out.WriteByte(c)
		column++
	}
	return out.String() + "\n"
}
