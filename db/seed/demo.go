package seed

import (
	"context"
	"time"

	"kith/db"
	"kith/db/orm"
)

// Demo fills an empty database with a small graph about the history of computing, whose users log in with
// `demo-password`. It does nothing to a database that has a row in any table.
func Demo(ctx context.Context, database *db.DB) error {
	err := database.Load(ctx, nil, demo)
	if orm.CodeOf(err) == orm.Conflict {
		return nil
	}
	return err
}

// demoPassword is everybody's in the demo graph.
const demoPassword = "demo-password"

// DemoLogIn is the first user of a graph that was made up here, and their password, as long as they have it; "" if there is none.
func DemoLogIn(ctx context.Context, database *db.DB) (username, password string, err error) {
	found, err := database.QueryRow(ctx, "credentials", `SELECT username FROM users WHERE id = (SELECT min(id) FROM users) AND password_hash = ?`, []any{demoHash}, &username)
	if err != nil || !found {
		return "", "", err
	}
	return username, demoPassword, nil
}

// demoHash is HashPassword(demoPassword), made once: a hash takes long on purpose.
const demoHash = "$argon2id$v=19$m=19456,t=2,p=1$jHmokxOJAdKfn8iIld3naw$1sNsWX/3cQK0tEIm1uvvliy9mmWMAGCehMDipZ1fneE"

// demo makes a graph small enough to read and rich enough to try everything on: a user without an address, an address
// without a user, a profile without a bio, posts without tags.
func demo(ctx context.Context, l *orm.Load) error {
	begin := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	after := func(days, minutes int) time.Time {
		return begin.AddDate(0, 0, days).Add(time.Duration(minutes) * time.Minute)
	}
	authors := map[string]int64{}
	for i, d := range demoUsers {
		u := &db.User{Row: orm.Row{Key: int64(i + 1), CreatedAt: after(i, 0), UpdatedAt: after(i, 0), Version: 1}, Username: d.username, Name: d.name}
		authors[d.username] = u.Key
		if err := l.Add(ctx, db.Users.Table, u, demoHash); err != nil {
			return err
		}
	}
	addresses := 0
	address := func(user *int64, email string) error {
		addresses++
		now := after(addresses, 10)
		return l.Add(ctx, db.Addresses.Table, &db.Address{Row: orm.Row{Key: int64(addresses), CreatedAt: now, UpdatedAt: now, Version: 1}, UserKey: user, EmailAddress: email})
	}
	for i, d := range demoUsers {
		key := int64(i + 1)
		p := &db.Profile{Row: orm.Row{Key: key, CreatedAt: after(i, 5), UpdatedAt: after(i, 5), Version: 1}, UserKey: key, FullName: &d.fullName}
		if d.bio != "" {
			p.Bio = &d.bio
		}
		if err := l.Add(ctx, db.Profiles.Table, p); err != nil {
			return err
		}
		if d.email != "" {
			if err := address(&key, d.email); err != nil {
				return err
			}
		}
	}
	if err := address(nil, "archive@example.com"); err != nil {
		return err
	}
	tags := map[string]int64{}
	for i, name := range demoTags {
		t := &db.Tag{Row: orm.Row{Key: int64(i + 1), CreatedAt: after(7, i), UpdatedAt: after(7, i), Version: 1}, Name: name}
		tags[name] = t.Key
		if err := l.Add(ctx, db.Tags.Table, t); err != nil {
			return err
		}
	}
	for i, d := range demoPosts {
		written := after(8+i, 7*i)
		p := &db.Post{Row: orm.Row{Key: int64(i + 1), CreatedAt: written, UpdatedAt: written, Version: 1}, AuthorKey: authors[d.author], Title: d.title, Content: d.content}
		var keys []int64
		for _, name := range d.tags {
			keys = append(keys, tags[name])
		}
		if err := addPost(ctx, l, p, keys); err != nil {
			return err
		}
	}
	return nil
}

var demoUsers = []struct{ username, name, fullName, bio, email string }{
	{"ada", "Ada", "Ada Lovelace", "Wrote notes on the Analytical Engine, the longest of them a program.", "ada@example.com"},
	{"grace", "Grace", "Grace Hopper", "Believed that programs should be written in words, and made a compiler to prove it.", "grace@example.com"},
	{"alan", "Alan", "Alan Turing", "Asked what can be computed, then whether machines can think.", ""},
	{"linus", "Linus", "Linus Torvalds", "", "linus@example.com"},
	{"margaret", "Margaret", "Margaret Hamilton", "Led the team that wrote the flight software of Apollo.", "margaret@example.com"},
	{"barbara", "Barbara", "Barbara Liskov", "Works on abstraction in programming languages and on distributed systems.", "barbara@example.com"},
}

var demoTags = []string{"history", "mathematics", "compilers", "go", "sql", "graphql", "hardware", "spaceflight"}

var demoPosts = []struct {
	author, title, content string
	tags                   []string
}{
	{"ada", "Note G", "The seventh of the notes of 1843 sets out, step by step, how the Analytical Engine would calculate the Bernoulli numbers. The machine was never built; the table reads like a program all the same.",
		[]string{"history", "mathematics"}},
	{"ada", "Weaving algebra", "Jacquard's loom reads its pattern from punched cards. The Analytical Engine was to read its operations the same way: it weaves algebraical patterns just as the loom weaves flowers and leaves.",
		[]string{"history", "hardware"}},
	{"ada", "More than numbers", "Whatever can be expressed by symbols can be worked on by a machine that works on symbols. Numbers are only the first example; music might be another.",
		[]string{"mathematics"}},
	{"grace", "A compiler in 1952", "The A-0 system fetched subroutines by their call numbers and put them together into a program. Many were sure that computers could only do arithmetic and would not believe it ran.",
		[]string{"history", "compilers"}},
	{"grace", "The moth in relay 70", "On 9 September 1947 the operators of the Harvard Mark II taped a moth into the log book: first actual case of bug being found. The word was older, the moth was real.",
		[]string{"history", "hardware"}},
	{"grace", "What a nanosecond looks like", "A piece of wire not quite thirty centimetres long: that is how far electricity can travel in a billionth of a second. Hand it to whoever asks why a message by satellite takes so long.",
		[]string{"hardware"}},
	{"grace", "From FLOW-MATIC to COBOL", "FLOW-MATIC let people write data processing in English words. When a committee met in 1959 to design a common business language, it had a working example on the table.",
		[]string{"compilers", "history"}},
	{"alan", "On computable numbers", "A tape, a head, a finite table of rules: the paper of 1936 needs no more to say what computing is, and to show that some questions have no machine that answers them.",
		[]string{"mathematics", "history"}},
	{"alan", "The imitation game", "Instead of asking whether machines can think, ask whether somebody who only reads their answers could tell them from people. The paper of 1950 then replies to nine objections.",
		[]string{"history"}},
	{"alan", "How the leopard got its spots", "Two substances that react and spread at different speeds can make stripes and spots out of nearly nothing. The chemical basis of morphogenesis was worked out partly on a Ferranti Mark 1.",
		[]string{"mathematics"}},
	{"linus", "Just a hobby", "In August 1991 a newsgroup read about a free operating system, just a hobby, that would not be big and professional. It ran on a 386 and borrowed a file system layout from Minix.",
		[]string{"history", "hardware"}},
	{"linus", "Two weeks in April", "Git kept its own source after a few days of work in April 2005 and managed a kernel release in June. Every version is named by a hash of its content.",
		[]string{"history"}},
	{"linus", "A short note without tags", "Some posts belong to no subject. This one is here so that an empty list of tags can be seen.", nil},
	{"margaret", "Alarm 1202", "Minutes before the landing of Apollo 11 the computer reported that it had too much to do. It dropped what mattered least, kept what mattered most, and the landing went on.",
		[]string{"spaceflight", "history"}},
	{"margaret", "Software engineering", "The name was meant to give the people who write software the same standing as those who build the hardware. At first it was taken for a joke.",
		[]string{"history"}},
	{"margaret", "Rope memory", "The programs of the Apollo guidance computer were woven: a wire through a core was a one, a wire around it a zero. A mistake in the program was a mistake in the weaving.",
		[]string{"hardware", "spaceflight"}},
	{"margaret", "Ask once, get a graph", "A client that asks for users, then for the posts of each, asks once too often for every user. GraphQL, published in 2015, lets it ask for the whole tree; the server should still read each level at once.",
		[]string{"graphql"}},
	{"barbara", "Abstract data types", "CLU, designed from 1973 on, had clusters: a type is its operations, and nobody outside sees how it is stored. Iterators and exceptions came with it.",
		[]string{"compilers", "history"}},
	{"barbara", "The substitution principle", "What is true of every object of a type should be true of every object of its subtypes. Said in a keynote of 1987, it is still the shortest advice on inheritance.",
		[]string{"mathematics"}},
	{"barbara", "Rows and relations", "Codd's paper of 1970 asked that people need not know how data is laid out in the machine. SQL followed a few years later, under the name SEQUEL.",
		[]string{"sql", "history"}},
	{"barbara", "A compiler that left C behind", "Up to version 1.4 the Go compiler was written in C. For 1.5, in 2015, it was translated to Go by a program, and has compiled itself ever since.",
		[]string{"go", "compilers", "history"}},
	{"barbara", "One statement for each level", "Collect the keys of a whole level, ask the database once, hand the rows back in the order of the keys. In Go it is a dozen lines; with SQL behind GraphQL it is the difference between two statements and a thousand.",
		[]string{"go", "sql", "graphql"}},
}
