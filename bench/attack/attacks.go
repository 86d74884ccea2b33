package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// An attack is something that anyone may send.
type attack struct {
	name     string
	settings []string // of the server, beyond what it has by default
	small    int      // clients at once in `make test`
	full     int      // clients at once in `make attack`, where each goes on for as long as it lasts
	times    int      // how often each sends at least; 0 is once

	sends func(t *target, client, n int) message      // the nth message of a client
	hold  func(ctx context.Context, t *target) answer // or what it does with a connection
	want  []string                                    // what may be answered
	// fair: it must not be noticed. Others may take their clients' share of the processors, and no more than that.
	fair bool

	bystander func(t *target, n int) message // what the bystander asks; nil: aUser
}

// What an attack may be answered: what can be known to be too much is refused, or shed while there is too much of it;
// what is within every limit is answered if there is time.
var (
	refused = []string{"LIMIT_EXCEEDED", "UNAVAILABLE"}
	served  = []string{"ok", "LIMIT_EXCEEDED", "UNAVAILABLE", "TIMEOUT"}
	held    = []string{"ok", "held", "closed", "BAD_REQUEST", "LIMIT_EXCEEDED", "UNAVAILABLE", "TIMEOUT"}
)

var attacks = []*attack{
	{name: "bytes: 60 fields of 10 posts, 100 copies each, one at a time", small: 1, full: 1, want: refused, sends: copies(60, 100)},
	{name: "bytes: the same, 16 at once", small: 4, full: 16, want: refused, sends: copies(60, 100)},
	{name: "bytes: 10 fields, 20 copies each, one at a time", small: 1, full: 1, want: refused, sends: copies(10, 20)},
	{name: "bytes: the same 10 fields, 16 at once", small: 4, full: 16, want: refused, sends: copies(10, 20)},
	{name: "bytes: 60 fields by resolvers, 16 at once", settings: []string{"KITH_PLAN=off"}, small: 4, full: 16, want: refused, sends: copies(60, 100)},
	{name: "bytes: 100 nodes, 100 times", small: 4, full: 16, want: refused, sends: func(t *target, _, _ int) message {
		ids := make([]string, 100)
		for i := range ids {
			ids[i] = t.post
		}
		return message{body: question("query($i:[ID!]!){"+repeat(100, "a%d:nodes(ids:$i){...on Post{content}}")+"}", map[string]any{"i": ids})}
	}},
	{name: "bytes: in a mutation's payload", small: 2, full: 8, want: append(refused, "TIMEOUT"), sends: func(t *target, _, _ int) message {
		fields := repeat(60, `a%d:updateUser(input:{id:"`+t.eve+`",name:"Eve"}){user{posts{nodes{...F}}}}`)
		return message{body: question("mutation @dryRun{"+fields+"}"+fragment(100), nil), token: t.token}
	}},
	{name: "bytes: 10 MB each to clients that read slowly", small: 24, full: 100, want: held, hold: func(ctx context.Context, t *target) answer {
		body := copies(1, 10)(t, 0, 0).body
		return t.hold(ctx, fmt.Sprintf(post, len(body), body))
	}},

	{name: "filters: 11 relations, each under or", small: 2, full: 16, want: refused, sends: func(*target, int, int) message {
		where := `{title:{eq:"t"}}`
		for i := range 11 {
			where = `{or:[{` + [2]string{"posts", "tags"}[i%2] + `:{some:` + where + `}},{createdAt:{gt:"2026-01-01T00:00:00Z"}}]}`
		}
		return message{body: question("{users(first:1,where:"+where+"){nodes{id}}}", nil)}
	}},
	{name: "filters: 300 of two relations side by side", small: 2, full: 16, want: refused, sends: func(*target, int, int) message {
		some := repeat(150, `{posts:{some:{tags:{some:{name:{eq:"t%d"}}}}}},`)
		return message{body: question("{users(first:1,where:{and:["+some+"],or:["+some+"]}){nodes{id}}}", nil)}
	}},
	{name: "filters: of 10,000 shapes", small: 4, full: 16, times: 50, want: served, sends: func(_ *target, client, n int) message {
		return message{body: question("{posts(first:1,where:{author:{posts:{some:"+shape(n*16+client)+"}}}){nodes{id}}}", nil)}
	}},
	{name: "scans: 100 fields that contain", fair: true, small: 2, full: 6, want: served, sends: func(_ *target, client, n int) message {
		return message{body: question("{"+repeat(100, fmt.Sprintf(`a%%d:posts(first:1,where:{content:{contains:"z%%[1]d-%d-%d"}}){nodes{id}}`, client, n))+"}", nil)}
	}},
	{name: "scans: 100 fields of ranked searches", fair: true, small: 2, full: 6, want: served, sends: func(*target, int, int) message {
		return message{body: question("{"+repeat(100, `a%d:posts(first:1,where:{matches:"a*"},orderBy:[{field:RELEVANCE}]){nodes{id}totalCount}`)+"}", nil)}
	}},
	{name: "documents: 10,000, each different", small: 4, full: 8, times: 50, want: served, sends: func(_ *target, client, n int) message {
		return message{body: question(fmt.Sprintf("query Q%d_%d{users(first:1){nodes{", client, n)+repeat(90, "a%d:username b%[1]d:name c%[1]d:id ")+"}}}", nil)}
	}},
	{name: "variables: 80,000", small: 4, full: 16, want: append(refused, "BAD_REQUEST"), sends: func(*target, int, int) message {
		return message{body: manyVariables()}
	}},

	{name: "writes: a sign-up with 62,500 new tags", small: 2, full: 4, want: refused, sends: newTags(250)},
	{name: "writes: a sign-up with 14,000 new tags", small: 2, full: 4, want: refused, sends: newTags(56)},
	{name: "passwords: sign-ups while others log in", small: 6, full: 40, want: served, sends: signUp(""), bystander: func(t *target, n int) message { return rightPassword(t.users[n%len(t.users)], "") }},
	{name: "passwords: sign-ups by @dryRun while others log in", small: 6, full: 40, want: served, sends: signUp("@dryRun"), bystander: func(t *target, n int) message { return rightPassword(t.users[n%len(t.users)], "") }},
	{name: "passwords: 250 wrong ones from one address", settings: []string{"KITH_TRUSTED_PROXIES=127.0.0.1"}, small: 4, full: 8, times: 55,
		want: append(served, "INVALID"), sends: func(t *target, client, n int) message {
			victims := t.users[1:]
			if !t.full {
				victims = victims[:3] // a refusal takes less than a hash
			}
			return message{body: wrongPassword(victims[(n*16+client)%len(victims)]), from: "203.0.113.7"}
		}, bystander: fromHome},
	{name: "passwords: wrong ones for one user from 120 addresses", settings: []string{"KITH_TRUSTED_PROXIES=127.0.0.1"}, small: 4, full: 16, times: 27,
		want: append(served, "INVALID"), sends: func(t *target, client, n int) message {
			return message{body: wrongPassword(t.users[0]), from: "203.0.113." + strconv.Itoa((n*16+client)%120)}
		}, bystander: fromHome},

	{name: "connections: 2,000 that send half a header", small: 200, full: 2000, want: held, hold: func(ctx context.Context, t *target) answer {
		return t.hold(ctx, "POST /graphql HTTP/1.1\r\nHost: kith\r\n")
	}},
	{name: "connections: 500 that send most of 1 MB", small: 50, full: 500, want: held, hold: func(ctx context.Context, t *target) answer {
		return t.hold(ctx, fmt.Sprintf(post, 1<<20, `{"query":"{users{totalCount}}","variables":{"a":"`+strings.Repeat("a", 1_000_000)))
	}},
}

// repeat writes a text n times, each with its number.
func repeat(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func fragment(copies int) string {
	return " fragment F on Post{" + repeat(copies, "c%d:content ") + "}"
}

// copies asks for all that Eve wrote, again and again.
func copies(fields, copies int) func(*target, int, int) message {
	body := question("{"+repeat(fields, `a%d:user(by:{username:"eve"}){posts{nodes{...F}}}`)+"}"+fragment(copies), nil)
	return func(*target, int, int) message { return message{body: body} }
}

// aUser is a small query, what the bystander asks.
func aUser(t *target, n int) message {
	return message{body: question(`query($u:String!){user(by:{username:$u}){id name}}`, map[string]any{"u": t.users[n%len(t.users)]})}
}

func rightPassword(username, from string) message {
	return message{from: from, body: question(`mutation($u:String!){logIn(input:{username:$u,password:"demo-password"}){session{expiresAt}userErrors{code}}}`,
		map[string]any{"u": username})}
}

// fromHome is a bystander who comes from one address and knows their password.
func fromHome(t *target, _ int) message { return rightPassword(t.users[0], "198.51.100.1") }

func wrongPassword(username string) []byte {
	return question(`mutation($u:String!){logIn(input:{username:$u,password:"not the password"}){userErrors{code}}}`, map[string]any{"u": username})
}

func signUp(directive string) func(t *target, client, n int) message {
	return func(_ *target, client, n int) message {
		return message{body: question(`mutation `+directive+`{createUser(input:{username:"u`+fmt.Sprintf("%d-%d-%d", client, n, len(directive))+
			`",password:"correct horse"}){user{id}userErrors{code}}}`, nil)}
	}
}

// newTags signs up with so many posts, each of which has 250 tags that are nowhere yet.
func newTags(posts int) func(t *target, client, n int) message {
	return func(_ *target, client, n int) message {
		input := make([]map[string]any, posts)
		for i := range input {
			tags := make([]string, 250)
			for j := range tags {
				tags[j] = fmt.Sprintf("%x.%x.%x", posts, client*1000+n, i*250+j)
			}
			input[i] = map[string]any{"title": "T", "content": "C", "tags": tags}
		}
		return message{body: question(`mutation($u:String!,$p:[UserPostInput!]){createUser(input:{username:$u,password:"correct horse",posts:$p}){user{id}userErrors{code}}}`,
			map[string]any{"u": fmt.Sprintf("writer-%d-%d-%d", posts, client, n), "p": input})}
	}
}

// shape is a filter of posts with the conditions that the bits of n name.
func shape(n int) string {
	var b strings.Builder
	for _, field := range []string{"title", "content"} {
		b.WriteString(field + ":{")
		for _, operator := range []string{"eq", "ne", "lt", "gt", "contains", "startsWith", "endsWith"} {
			if n&1 == 1 {
				b.WriteString(operator + `:"t"`)
			}
			n >>= 1
		}
		b.WriteString("}")
	}
	return "{" + b.String() + "}"
}

var manyVariables = sync.OnceValue(func() []byte {
	variables := map[string]any{}
	for i := range 80_000 {
		variables["v"+strconv.Itoa(i)] = 1
	}
	return question("{users(first:1){nodes{id}}}", variables)
})

// post is the beginning of a request, and its body.
const post = "POST /graphql HTTP/1.1\r\nHost: kith\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"

var status = regexp.MustCompile(`^HTTP/1\.1 (\d+) `)

// hold opens a connection, sends a text, and reads what comes as slowly as it can until ctx ends.
func (t *target) hold(ctx context.Context, text string) answer {
	conn, err := net.Dial("tcp", t.address)
	if err != nil {
		return answer{code: "no answer"}
	}
	defer conn.Close()
	deadline, _ := ctx.Deadline()
	err = errors.Join(conn.SetDeadline(deadline), conn.(*net.TCPConn).SetReadBuffer(4<<10))
	if err == nil {
		_, err = io.WriteString(conn, text)
	}
	var head []byte
	for part := make([]byte, 512); err == nil; time.Sleep(50 * time.Millisecond) {
		var n int
		n, err = conn.Read(part)
		head = append(head, part[:n]...)
	}
	switch found := status.FindSubmatch(head); {
	case found != nil:
		number, _ := strconv.Atoi(string(found[1]))
		return answer{code: codeOf(number, head)}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return answer{code: "held"}
	}
	return answer{code: "closed"}
}
