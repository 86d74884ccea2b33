package graph_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kith/db"
	"kith/db/orm"
	"kith/graph"
)

// Many rows have the names that their table has, and the verbs that it has.
func TestForkNamesOfMany(t *testing.T) {
	schema := graph.SDL()
	for field, there := range map[string]bool{
		"createEmptyShelves": true, "updateEmptyShelves": true, "deleteEmptyShelves": true, "upsertEmptyShelf": true, "upsertEmptyShelves": false,
		"createNotices": true, "updateNotices": false, "deleteNotices": false, "upsertNotice": false, "upsertComment": false, "upsertNote": true, "upsertReading": true,
	} {
		if strings.Contains(schema, "\n  "+field+"(") != there {
			t.Errorf("%s: want %v", field, there)
		}
	}
	by := between(schema, "input UpsertEmptyShelfBy @oneOf {", "}")
	changes := between(schema, "input UpsertEmptyShelfUpdateInput {", "}")
	if !strings.Contains(by, "  code: String\n") || strings.Contains(changes, "  code:") || !strings.Contains(changes, "  place: String\n") {
		t.Errorf("told by%s, changed in%s", by, changes)
	}
	if by := between(schema, "input UpsertReadingBy @oneOf {", "}"); !strings.Contains(by, "  big: BigInt\n") || !strings.Contains(by, "  code: UUID\n") || strings.Contains(by, "bigger") {
		t.Errorf("a reading is told by%s", by)
	}
}

// A rule is asked of every row, and what it finds in one change is said once.
func TestForkChecksOfMany(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		signUp(t, f.Planned, "ada")
		access, _ := logIn(t, f.Planned, "ada")
		ask := asker(t, f, access)
		post := between(ask(`{ posts { nodes { id } } }`), `"id":"`, `"`)
		review := func(summary, body string) string {
			return `{postId: "` + post + `", summary: "` + summary + `", body: "` + body + `"}`
		}
		want(t, ask(`mutation { createReviews(input: {reviews: [`+review("s", "body")+review("long", "b")+strings.Replace(review("s", "b"), post, orm.GlobalID(db.Posts.Table, 99), 1)+review("long", "b")+`]}) { reviews { id } userErrors { code field } } }`),
			`{"reviews":[],"userErrors":[{"code":"TOO_LONG","field":["input","reviews","1","summary"]},{"code":"NOT_FOUND","field":["input","reviews","2","postId"]},{"code":"TOO_LONG","field":["input","reviews","3","summary"]}]}`)
		want(t, ask(`mutation { createReviews(input: {reviews: [`+review("a", "body")+review("b", "other")+review("c", "much longer")+`]}) { reviews { excerpt version } userErrors { code } } }`),
			`{"reviews":[{"excerpt":"body","version":1},{"excerpt":"other","version":1},{"excerpt":"much longer","version":1}],"userErrors":[]}`)
		want(t, ask(`mutation { updateReviews(input: {where: {}, set: {summary: "longish"}, atMost: 3}) { count userErrors { code field } } }`),
			`{"count":0,"userErrors":[{"code":"TOO_LONG","field":["input","set","summary"]}]}`)
		want(t, ask(`mutation { updateReviews(input: {where: {body: {startsWith: "much"}}, set: {summary: "longish"}, atMost: 3}) { count reviews { summary version } userErrors { code field } } }`),
			`{"count":1,"reviews":[{"summary":"longish","version":2}],"userErrors":[]}`)
		first := between(ask(`{ reviews { nodes { id } } }`), `"id":"`, `"`)
		want(t, ask(`mutation { replyToReview(input: {id: "`+first+`", reply: "Thanks."}) { review { version } } }`), `"version":2`)
		want(t, ask(`mutation { updateReviews(input: {where: {}, set: {body: "something else", summary: "much too long for that"}, atMost: 3}) { count userErrors { code field } } }`),
			`{"count":0,"userErrors":[{"code":"TOO_LONG","field":["input","set","summary"]},{"code":"INVALID","field":["input","set","body"]}]}`)
		// In an upsert it sees the row that there is, or the new one.
		post2 := between(ask(`mutation { createPost(input: {title: "T", content: "C"}) { post { id } } }`), `"id":"`, `"`)
		note := `mutation { upsertNote(input: {by: {postId: "` + post2 + `"}, create: {postId: "` + post2 + `", text: "%s"}, update: {text: "%s"}}) { created note { text version author { username } } userErrors { code field } } }`
		want(t, ask(fmt.Sprintf(note, "one", "two")), `{"created":true,"note":{"text":"one","version":1,"author":{"username":"ada"}},"userErrors":[]}`)
		want(t, ask(fmt.Sprintf(note, "one", "two")), `{"created":false,"note":{"text":"two","version":2,"author":{"username":"ada"}},"userErrors":[]}`)
		signUp(t, f.Planned, "bob")
		access, _ = logIn(t, f.Planned, "bob")
		bob := asker(t, f, access)
		want(t, bob(fmt.Sprintf(note, "one", "two")), `"FORBIDDEN"`)
		want(t, bob(strings.Replace(fmt.Sprintf(note, "one", "two"), `update: {text: "two"}`, "update: null", 1)), `{"created":false,"note":{"text":"two","version":2,"author":{"username":"ada"}},"userErrors":[]}`)
	})
}

// Columns of every kind are made, changed and told many at a time.
func TestForkKindsOfMany(t *testing.T) {
	var answers [2][]string
	i := 0
	eachDatabase(t, func(t *testing.T, f *fixture) {
		signUp(t, f.Planned, "ada")
		access, _ := logIn(t, f.Planned, "ada")
		ask := asker(t, f, access)
		reading := func(n int, more string) string {
			return fmt.Sprintf(`{big: "%d", code: "123e4567-e89b-12d3-a456-42661417400%d", data: {n: %d}, at: "2026-11-21T08:00:00Z"%s}`, n, n, n, more)
		}
		send := func(query, expected string) {
			t.Helper()
			answer := ask(query)
			want(t, answer, expected)
			answers[i] = append(answers[i], answer)
		}
		const all = `{ big code mood price rebate done sure tally ratio day due data extra until version }`
		send(`mutation { createReadings(input: {readings: [`+reading(1, "")+reading(2, `, mood: SAD, price: "12.5", rebate: "0.1", done: false, sure: true, tally: -3, ratio: 0.25, day: "2024-02-29", extra: [1, "x"], until: "2026-11-21T08:00:00.5Z"`)+reading(3, `, due: "2026-01-01"`)+`]}) { readings `+all+` userErrors { code field } } }`,
			`{"big":"2","code":"123e4567-e89b-12d3-a456-426614174002","mood":"SAD","price":"12.50","rebate":"0.100000","done":false,"sure":true,"tally":-3,"ratio":0.25,"day":"2024-02-29","due":null,"data":{"n":2},"extra":[1,"x"],"until":"2026-11-21T08:00:00.500000Z","version":1}`)
		send(`mutation { createReadings(input: {readings: [`+reading(4, "")+reading(1, "")+reading(4, "")+`]}) { readings { id } userErrors { code field } } }`,
			`[{"code":"TAKEN","field":["input","readings","1","big"]},{"code":"TAKEN","field":["input","readings","1","code"]},{"code":"TAKEN","field":["input","readings","2","big"]},{"code":"TAKEN","field":["input","readings","2","code"]}]`)
		send(`mutation { updateReadings(input: {where: {mood: {eq: GLAD}}, set: {mood: MILD, price: "0.1", rebate: null, done: true, sure: false, ratio: -0.0, due: "2026-01-01", data: {a: [1.0]}, tally: 7}, atMost: 2}) { count readings `+all+` userErrors { code field } } }`,
			`"count":2,"readings":[{"big":"1","code":"123e4567-e89b-12d3-a456-426614174001","mood":"MILD","price":"0.10","rebate":null,"done":true,"sure":false,"tally":7,"ratio":0,"day":"2026-11-21","due":"2026-01-01","data":{"a":[1]},"extra":null,"until":null,"version":2}`)
		send(`mutation { updateReadings(input: {where: {mood: {in: [MILD, SAD]}}, set: {mood: MILD, price: "0.10"}, atMost: 3}) { count readings { big version } userErrors { code } } }`,
			`{"count":3,"readings":[{"big":"1","version":2},{"big":"2","version":2},{"big":"3","version":2}],"userErrors":[]}`)
		send(`mutation { updateReadings(input: {where: {price: {gt: "0"}}, set: {big: 5}, atMost: 3}) { count userErrors { code field } } }`, `{"count":0,"userErrors":[{"code":"TAKEN","field":["input","set","big"]}]}`)
		send(`mutation { upsertReading(input: {by: {big: 2}, create: `+reading(2, "")+`, update: {tally: 5}}) { created reading { big tally version } userErrors { code } } }`, `{"created":false,"reading":{"big":"2","tally":5,"version":3},"userErrors":[]}`)
		send(`mutation { upsertReading(input: {by: {code: "123E4567-E89B-12D3-A456-426614174008"}, create: `+reading(8, "")+`, update: {tally: 5}}) { created reading { big tally version } userErrors { code } } }`, `{"created":true,"reading":{"big":"8","tally":7,"version":1},"userErrors":[]}`)
		send(`mutation { upsertReading(input: {by: {big: 7}, create: `+reading(8, "")+`}) { created userErrors { code field } } }`, `{"created":false,"userErrors":[{"code":"INVALID","field":["input","create","big"]}]}`)
		send(`mutation { upsertReading(input: {by: {big: 7}, create: `+strings.Replace(reading(8, ""), `"8"`, `"7"`, 1)+`}) { created userErrors { code field } } }`, `{"created":false,"userErrors":[{"code":"TAKEN","field":["input","create","code"]}]}`)
		send(`mutation { deleteReadings(input: {where: {done: {eq: true}, due: {isNull: false}}, atMost: 2}) { deletedIds cascade { count } userErrors { code } } }`, `"cascade":[],"userErrors":[]}`)
		send(`{ readings { nodes { big } } }`, `{"nodes":[{"big":"2"},{"big":"8"}]}`)
		i++
	}, func(o *graph.Options) { o.Limits.Timeout = time.Minute })
	if strings.Join(answers[0], "\n") != strings.Join(answers[1], "\n") {
		t.Errorf("one database answers\n%s\nthe other\n%s", strings.Join(answers[0], "\n"), strings.Join(answers[1], "\n"))
	}
}
