package db

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/brianvoe/gofakeit/v7"
	"github.com/jmoiron/sqlx"
)

// SeedOptions say which graph Seed makes.
type SeedOptions struct {
	Users int // at least 1
	Posts int
	Seed  uint64
	// Progress is called after every batch of rows with the users and posts written so far and wanted; nil is nothing.
	// It starts again from the beginning if the transaction had to be run again.
	Progress func(done, total int)
}

// Seed fills an empty database with made-up users, profiles, addresses, posts and tags, all or nothing. The same
// options make the same rows, ids and times included, every time and on both databases. Ids are 1 to n in every table,
// and the next row made takes the next one. Every user has a profile and nine in ten an address; posts and tags are
// spread unevenly. Every user's password is `demo-password`.
//
// A database that has a row in any table is refused with Conflict, options that cannot be met with BadRequest.
func (db *DB) Seed(ctx context.Context, o SeedOptions) error {
	if o.Users < 1 || o.Posts < 0 {
		return Errorf(BadRequest, "cannot make %d users and %d posts: there must be a user at least, and no fewer than no posts", o.Users, o.Posts)
	}
	return db.Write(ctx, func(ctx context.Context) error {
		filled, err := db.filled(ctx)
		if err != nil {
			return err
		}
		if filled != "" {
			return Errorf(Conflict, "the database is not empty: there are rows in %s, and only an empty one can be seeded", filled)
		}
		l := newLoad(db)
		l.progress, l.total = o.Progress, o.Users+o.Posts
		if err := newSeeder(l, o).run(ctx); err != nil {
			return err
		}
		if err := l.finish(ctx); err != nil {
			return err
		}
		return l.analyze(ctx)
	})
}

// Demo fills an empty database with a small graph about the history of computing, whose users log in with
// `demo-password`. It does nothing to a database that has a row in any table.
func (db *DB) Demo(ctx context.Context) error {
	return db.Write(ctx, func(ctx context.Context) error {
		if filled, err := db.filled(ctx); err != nil || filled != "" {
			return err
		}
		l := newLoad(db)
		if err := demo(ctx, l); err != nil {
			return err
		}
		return l.finish(ctx)
	})
}

// filled is the name of a table that has rows; "" if none has.
func (db *DB) filled(ctx context.Context) (name string, err error) {
	q := &query{dialect: db.dialect}
	for i, t := range Tables {
		if i > 0 {
			q.add(" UNION ALL ")
		}
		q.add("SELECT '", t.Name, "' WHERE EXISTS (SELECT 1 FROM ", t.Name, ")")
	}
	err = db.run(ctx, &Statement{Path: "seed", Text: q.String()}, func(rows *sqlx.Rows) error { return rows.Scan(&name) })
	return name, err
}

// demoHash is HashPassword("demo-password"), made once: a hash takes long on purpose.
const demoHash = "$argon2id$v=19$m=19456,t=2,p=1$jHmokxOJAdKfn8iIld3naw$1sNsWX/3cQK0tEIm1uvvliy9mmWMAGCehMDipZ1fneE"

// A load writes many rows whose keys are known, a batch at a time, inside one transaction. Rows must come after those
// they refer to.
type load struct {
	db       *DB
	batches  []*batch         // those of Tables, then the links: a row is written after those it refers to
	given    map[*Table]int64 // keys that were given elsewhere and are not to be given here
	progress func(done, total int)
	done     int // users and posts
	total    int
}

// A batch is the rows of one table that wait to be written.
type batch struct {
	table   string
	columns []*Column
	rows    [][]any
}

// batchRows bounds the rows in memory, and the time in which PostgreSQL says nothing: it answers a COPY at its end.
const batchRows = 2000

func newLoad(db *DB) *load {
	l := &load{db: db}
	for _, t := range Tables {
		l.batches = append(l.batches, &batch{table: t.Name, columns: append(t.stored(), t.secrets...)})
	}
	for _, t := range Tables {
		for _, r := range t.Relations {
			if r.Link != nil && r.first {
				l.batches = append(l.batches, &batch{table: r.Link.Table, columns: []*Column{{Name: r.Link.From, Kind: Key}, {Name: r.Link.To, Kind: Key}}})
			}
		}
	}
	return l
}

func (l *load) user(ctx context.Context, u *User) error {
	l.done++
	return l.add(ctx, Users.Name, append(values(Users.Table, u), demoHash))
}

func (l *load) profile(ctx context.Context, p *Profile) error {
	return l.add(ctx, Profiles.Name, values(Profiles.Table, p))
}

func (l *load) address(ctx context.Context, a *Address) error {
	return l.add(ctx, Addresses.Name, values(Addresses.Table, a))
}

func (l *load) tag(ctx context.Context, t *Tag) error {
	return l.add(ctx, Tags.Name, values(Tags.Table, t))
}

// post adds a post with its tags.
func (l *load) post(ctx context.Context, p *Post, tags []int64) error {
	l.done++
	if err := l.add(ctx, Posts.Name, values(Posts.Table, p)); err != nil {
		return err
	}
	for _, tag := range tags {
		if err := l.add(ctx, PostTags.Link.Table, []any{p.Key, tag}); err != nil {
			return err
		}
	}
	return nil
}

// values are an entity's columns as they are stored.
func values(t *Table, entity any) []any {
	row := make([]any, 0, len(t.Columns)+len(t.searched)+len(t.secrets))
	for _, c := range t.Columns {
		row = append(row, c.Of(entity))
	}
	for _, c := range t.searched {
		text, _ := c.Of(entity).(string)
		row = append(row, words(text))
	}
	return row
}

func (l *load) add(ctx context.Context, table string, row []any) error {
	for _, b := range l.batches {
		if b.table != table {
			continue
		}
		b.rows = append(b.rows, row)
		if len(b.rows) == batchRows {
			return l.flush(ctx)
		}
	}
	return nil
}

// flush writes every row that waits.
func (l *load) flush(ctx context.Context) error {
	for _, b := range l.batches {
		if len(b.rows) == 0 {
			continue
		}
		if err := l.db.load(ctx, b); err != nil {
			return err
		}
		clear(b.rows)
		b.rows = b.rows[:0]
	}
	if l.progress != nil {
		l.progress(l.done, l.total)
	}
	return nil
}

// finish writes the last rows and sees to it that no key is given out again: not those of the rows, none that this
// database has given before, and none of l.given.
func (l *load) finish(ctx context.Context) error {
	if err := l.flush(ctx); err != nil {
		return err
	}
	for _, t := range Tables {
		if err := l.db.raiseKey(ctx, t, l.given[t]); err != nil {
			return err
		}
	}
	return nil
}

// lastKey is the highest key that a table has ever given to a row, be the row there or not; 0 if it has given none.
func (db *DB) lastKey(ctx context.Context, t *Table) (key int64, err error) {
	text := "SELECT seq FROM sqlite_sequence WHERE name = '" + t.Name + "'"
	if db.driver == postgresDialect.driver {
		text = "SELECT COALESCE(pg_sequence_last_value(pg_get_serial_sequence('" + t.Name + "', 'id')::regclass), 0)"
	}
	_, err = db.one(ctx, "last key of "+t.Type, text, nil, &key)
	return key, err
}

// raiseKey makes a table give keys above given, above those of its rows and above all that it gave before.
func (db *DB) raiseKey(ctx context.Context, t *Table, given int64) error {
	last, err := db.lastKey(ctx, t)
	if err != nil {
		return err
	}
	path := "raise key of " + t.Type
	if db.driver == postgresDialect.driver {
		var highest int64
		if _, err := db.one(ctx, path, "SELECT COALESCE(max(id), 0) FROM "+t.Name, nil, &highest); err != nil {
			return err
		}
		if given = max(given, highest); given <= last {
			return nil
		}
		_, err := db.one(ctx, path, "SELECT setval(pg_get_serial_sequence('"+t.Name+"', 'id'), ?)", []any{given}, &highest)
		return err
	}
	if given <= last { // AUTOINCREMENT has followed the rows
		return nil
	}
	if _, err := db.do(ctx, path, "DELETE FROM sqlite_sequence WHERE name = ?", t.Name); err != nil {
		return err
	}
	_, err = db.do(ctx, path, "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", t.Name, given)
	return err
}

// analyze tells PostgreSQL's planner about tables that were empty a moment ago. SQLite is left without statistics, as
// it is everywhere else: with them it reads all of a small table for every parent instead of looking its rows up.
func (l *load) analyze(ctx context.Context) error {
	if l.db.driver != postgresDialect.driver {
		return nil
	}
	for _, b := range l.batches {
		if err := l.db.change(ctx, &Statement{Path: "analyze " + b.table, Text: "ANALYZE " + b.table}, nil); err != nil {
			return err
		}
	}
	return nil
}

// load writes a batch.
func (db *DB) load(ctx context.Context, b *batch) error {
	if db.driver == postgresDialect.driver {
		return db.violated(db.copyIn(ctx, b))
	}
	rows := make([]map[string]any, len(b.rows))
	for i, row := range b.rows {
		rows[i] = make(map[string]any, len(row))
		for j, v := range row {
			rows[i][b.columns[j].Name] = v
		}
	}
	q := &query{dialect: db.dialect}
	q.add("INSERT INTO ", b.table, " (", b.names(), ") SELECT ")
	for i, c := range b.columns {
		if i > 0 {
			q.add(", ")
		}
		q.add(q.field(c))
	}
	q.bindTo(" FROM "+q.rows(b.columns), q.rowsJSON(rows))
	return db.change(ctx, &Statement{Path: "seed " + b.table, Text: q.String(), Args: q.args}, nil)
}

func (b *batch) names() string {
	names := make([]string, len(b.columns))
	for i, c := range b.columns {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

// copyIn writes a batch through COPY. It is the one statement that does not pass through run, for it takes its rows as
// many calls on one statement of the transaction itself; it is observed all the same.
func (db *DB) copyIn(ctx context.Context, b *batch) error {
	s := &Statement{Path: "seed " + b.table, Text: "COPY " + b.table + " (" + b.names() + ") FROM STDIN"}
	start := time.Now()
	s.Err = db.classify(ctx, sendCopy(ctx, s.Text, b.rows))
	s.Rows, s.Took = len(b.rows), time.Since(start)
	if db.options.Observe != nil {
		db.options.Observe(ctx, s)
	}
	return s.Err
}

func sendCopy(ctx context.Context, text string, rows [][]any) error {
	t, inside := ctx.Value(transactionKey).(*transaction)
	if !inside {
		return fmt.Errorf("%s outside of a transaction", text)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	stmt, err := t.tx.PrepareContext(ctx, text)
	if err != nil {
		return err
	}
	defer stmt.Close()
	for _, row := range rows {
		if _, err := stmt.ExecContext(ctx, row...); err != nil {
			return err
		}
	}
	_, err = stmt.ExecContext(ctx)
	return err
}

// A seeder makes up rows. Each row is drawn from its own table and key alone, so that a row can refer to another
// without keeping it. It calculates in integers: floating point may round differently on another machine.
type seeder struct {
	*load
	SeedOptions
	source *rand.PCG
	random *rand.Rand
	fake   *gofakeit.Faker
}

func newSeeder(l *load, o SeedOptions) *seeder {
	source := rand.NewPCG(o.Seed, 0)
	return &seeder{load: l, SeedOptions: o, source: source, random: rand.New(source), fake: gofakeit.NewFaker(source, false)}
}

// The streams of random numbers; a person is what several rows say about one user.
const (
	streamPerson = iota + 1
	streamUser
	streamProfile
	streamAddress
	streamTag
	streamPost
)

// draw makes the next random numbers those of one row.
func (s *seeder) draw(stream, key int) { s.source.Seed(s.Seed, uint64(stream)<<56|uint64(key)) }

// chance is true in n of 100 rows.
func (s *seeder) chance(n int) bool { return s.random.IntN(100) < n }

// skewed is below n; the lower, the likelier, the more so the higher the power.
func (s *seeder) skewed(n, power int) int {
	i := s.random.IntN(n)
	for range power - 1 {
		i = int(uint64(i) * uint64(s.random.IntN(n)) / uint64(n))
	}
	return i
}

func pick[T any](s *seeder, from []T) T { return from[s.random.IntN(len(from))] }

// shuffled is place i of 0 to n-1 in another order, a different one for every salt.
func shuffled(i, n, salt int) int {
	step := n*(50+salt)/81 + 1
	for gcd(step, n) != 1 {
		step++
	}
	return int((uint64(i)*uint64(step) + uint64(salt)*uint64(n)/7) % uint64(n))
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// stamps are the times of a table's rows: they never go back, and some are equal.
type stamps struct {
	start, last time.Time
	slot        time.Duration
	n           int
}

const year = 365 * 24 * time.Hour

// over spreads n rows over a span that begins some years after the start of all.
func over(years int, span time.Duration, n int) *stamps {
	start := time.Date(2015, 1, 1, 8, 0, 0, 0, time.UTC).Add(time.Duration(years) * year)
	return &stamps{start: start, last: start, slot: span / time.Duration(max(n, 1))}
}

func (st *stamps) next(s *seeder) (created, updated time.Time, version int64) {
	if !s.chance(5) || st.n == 0 {
		offset := time.Duration(st.n)*st.slot + time.Duration(s.random.Int64N(int64(st.slot)+1))
		st.last = st.start.Add(offset).Truncate(time.Microsecond)
	}
	st.n++
	created, updated, version = st.last, st.last, 1
	if s.chance(30) {
		updated = created.Add(time.Duration(1+s.random.Int64N(int64(90*24*time.Hour/time.Microsecond))) * time.Microsecond)
		version = 2 + int64(s.random.IntN(4))
	}
	return created, updated, version
}

func (s *seeder) run(ctx context.Context) error {
	for _, fill := range []func(context.Context) error{s.users, s.profiles, s.addresses, s.tags, s.posts} {
		if err := fill(ctx); err != nil {
			return err
		}
	}
	return nil
}

// A person is what is known of the user with a key.
type person struct{ username, name, fullName, email string }

func (s *seeder) person(key int) person {
	s.draw(streamPerson, key)
	first, last := s.fake.FirstName(), s.fake.LastName()
	latin := letters(first + "." + last)
	if s.chance(15) {
		origin := pick(s, origins)
		one, other := pick(s, origin.first), pick(s, origin.last)
		first, last, latin = one[0], other[0], one[1]+"."+other[1]
	}
	suffix := strconv.Itoa(key) // names hold no digits, so this makes every username and address unique
	p := person{name: first + " " + last, fullName: first + " " + last, email: strings.ToLower(latin) + suffix + "@example." + pick(s, []string{"com", "org", "net"})}
	switch s.random.IntN(6) {
	case 0:
		p.username = latin + suffix
	case 1:
		p.username = strings.ReplaceAll(latin, ".", "_") + "_" + suffix
	case 2:
		p.username = strings.ReplaceAll(latin, ".", "-") + suffix
	case 3:
		p.username = letters(first) + suffix
	case 4:
		p.username = letters(strings.ToLower(first)) + "." + suffix
	default:
		p.username = letters(first+last) + suffix
	}
	switch s.random.IntN(8) {
	case 0:
		p.name = p.username // as when none is given
	case 1:
		p.name = first
	case 2:
		p.fullName = first + " " + string(rune('A'+s.random.IntN(26))) + ". " + last
	case 3:
		p.fullName = "Dr. " + first + " " + last
	}
	return p
}

// letters is text without what a username may not hold.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if checkHandle(string(r)) != "" {
			return -1
		}
		return r
	}, text)
}

func (s *seeder) users(ctx context.Context) error {
	times := over(0, 3*year, s.Users)
	for key := 1; key <= s.Users; key++ {
		p := s.person(key)
		u := &User{Row: Row{Key: int64(key)}, Username: p.username, Name: p.name}
		s.draw(streamUser, key)
		u.CreatedAt, u.UpdatedAt, u.Version = times.next(s)
		if err := s.user(ctx, u); err != nil {
			return err
		}
	}
	return nil
}

// profiles come in another order than their users, so that nobody can mistake one key for the other.
func (s *seeder) profiles(ctx context.Context) error {
	times := over(3, year, s.Users)
	for key := 1; key <= s.Users; key++ {
		user := 1 + shuffled(key-1, s.Users, 1)
		person := s.person(user)
		p := &Profile{Row: Row{Key: int64(key)}, UserKey: int64(user)}
		s.draw(streamProfile, key)
		p.CreatedAt, p.UpdatedAt, p.Version = times.next(s)
		if !s.chance(6) {
			p.FullName = &person.fullName
		}
		if !s.chance(10) {
			list := bios[0]
			if s.chance(20) {
				list = bios[1]
			}
			bio := s.text(list, 0, 200)
			p.Bio = &bio
		}
		if err := s.profile(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (s *seeder) addresses(ctx context.Context) error {
	times := over(4, year, s.Users)
	key := 0
	add := func(user *int64, email string) error {
		key++
		a := &Address{Row: Row{Key: int64(key)}, UserKey: user, EmailAddress: email}
		a.CreatedAt, a.UpdatedAt, a.Version = times.next(s)
		return s.address(ctx, a)
	}
	for i := range s.Users {
		user := 1 + shuffled(i, s.Users, 2)
		email := s.person(user).email
		s.draw(streamAddress, i)
		if s.chance(2) || i == 0 { // of nobody
			if err := add(nil, "former.member"+strconv.Itoa(user)+"@example.org"); err != nil {
				return err
			}
		}
		if !s.chance(90) {
			continue
		}
		owner := int64(user)
		if err := add(&owner, email); err != nil {
			return err
		}
	}
	return nil
}

func (s *seeder) tags(ctx context.Context) error {
	times := over(1, year, len(tagNames))
	for i, name := range tagNames {
		t := &Tag{Row: Row{Key: int64(i + 1)}, Name: name}
		s.draw(streamTag, i)
		t.CreatedAt, t.UpdatedAt, t.Version = times.next(s)
		if err := s.tag(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

func (s *seeder) posts(ctx context.Context) error {
	times := over(5, 5*year, s.Posts)
	var tags []int64
	for key := 1; key <= s.Posts; key++ {
		s.draw(streamPost, key)
		p := &Post{Row: Row{Key: int64(key)}}
		p.CreatedAt, p.UpdatedAt, p.Version = times.next(s)
		power := 2
		if s.chance(25) {
			power = 3
		}
		p.AuthorKey = 1 + int64(shuffled(s.skewed(s.Users, power), s.Users, 3))
		b := &books[0]
		if s.chance(20) {
			b = &books[1+s.random.IntN(len(books)-1)]
		}
		p.Title = s.text(b.titles, 0, 100)
		p.Content = s.text(b.sentences, 200+s.random.IntN(100), 400)
		tags = tags[:0]
		for wanted := pick(s, tagCounts); len(tags) < wanted; {
			// The last tag stays without a post.
			tag := 1 + int64(shuffled(s.skewed(len(tagNames)-1, 3), len(tagNames)-1, 4))
			if !slices.Contains(tags, tag) {
				tags = append(tags, tag)
			}
		}
		if err := s.post(ctx, p, tags); err != nil {
			return err
		}
	}
	return nil
}

// text joins different sentences until there are least code points, and at least one; it has at most most of them.
func (s *seeder) text(sentences []string, least, most int) string {
	var b strings.Builder
	var used uint64
	n := 0
	for n == 0 || n < least {
		if used == 1<<len(sentences)-1 {
			break
		}
		i := s.random.IntN(len(sentences))
		if used&(1<<i) != 0 {
			continue
		}
		used |= 1 << i
		sentence, between := s.fill(sentences[i]), ""
		if n > 0 {
			between = pick(s, []string{" ", " ", " ", "\n\n"})
		}
		length := utf8.RuneCountInString(between) + utf8.RuneCountInString(sentence)
		if n+length > most {
			continue
		}
		b.WriteString(between)
		b.WriteString(sentence)
		n += length
	}
	return b.String()
}

// fill puts made-up words into the places that a sentence leaves for them, and begins it with a capital.
func (s *seeder) fill(sentence string) string {
	if !strings.ContainsRune(sentence, '{') {
		return sentence
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(sentence, "{")
		b.WriteString(before)
		if !found {
			first, size := utf8.DecodeRuneInString(b.String())
			return string(unicode.ToUpper(first)) + b.String()[size:]
		}
		var slot string
		slot, sentence, _ = strings.Cut(rest, "}")
		switch slot {
		case "n":
			b.WriteString(strconv.Itoa(2 + s.random.IntN(48)))
		case "name":
			b.WriteString(s.fake.FirstName())
		case "city":
			b.WriteString(s.fake.City())
		case "country":
			b.WriteString(s.fake.Country())
		case "hobby":
			b.WriteString(strings.ToLower(s.fake.Hobby()))
		case "job":
			b.WriteString(strings.ToLower(s.fake.JobTitle()))
		case "book":
			b.WriteString(s.fake.BookTitle())
		case "dish":
			b.WriteString(strings.ToLower(s.fake.Dinner()))
		case "fruit":
			b.WriteString(strings.ToLower(s.fake.Fruit()))
		case "animal":
			b.WriteString(s.fake.Animal())
		case "day":
			b.WriteString(s.fake.WeekDay())
		case "month":
			b.WriteString(s.fake.MonthString())
		case "language":
			b.WriteString(s.fake.ProgrammingLanguage())
		case "part":
			b.WriteString(s.fake.HackerNoun())
		case "verb":
			b.WriteString(s.fake.HackerVerb())
		case "doing":
			b.WriteString(s.fake.HackeringVerb())
		case "emoji":
			b.WriteString(s.fake.Emoji())
		default:
			panic("seed: no words for {" + slot + "}")
		}
	}
}

// origins are names as their bearers write them, each with a Latin spelling for addresses.
var origins = []struct{ first, last [][2]string }{
	{
		first: [][2]string{{"Мария", "maria"}, {"Иван", "ivan"}, {"Ольга", "olga"}, {"Дмитрий", "dmitri"}, {"Ксения", "ksenia"}, {"Фёдор", "fyodor"}},
		last:  [][2]string{{"Ковальчук", "kovalchuk"}, {"Шевченко", "shevchenko"}, {"Белый", "bely"}, {"Соколенко", "sokolenko"}, {"Лисица", "lisitsa"}},
	}, {
		first: [][2]string{{"Ελένη", "eleni"}, {"Γιώργος", "giorgos"}, {"Μαρία", "maria"}, {"Νίκος", "nikos"}, {"Σοφία", "sofia"}, {"Αλέξανδρος", "alexandros"}},
		last:  [][2]string{{"Παπαδάκης", "papadakis"}, {"Οικονόμου", "ikonomou"}, {"Βλάχος", "vlachos"}, {"Αγγέλου", "angelou"}, {"Νικολάου", "nikolaou"}},
	}, {
		first: [][2]string{{"Işıl", "isil"}, {"Çağla", "cagla"}, {"Ömer", "omer"}, {"Şule", "sule"}, {"İbrahim", "ibrahim"}, {"Gökçe", "gokce"}},
		last:  [][2]string{{"Yılmaz", "yilmaz"}, {"Öztürk", "ozturk"}, {"Güneş", "gunes"}, {"Çelik", "celik"}, {"Işık", "isik"}},
	}, {
		first: [][2]string{{"Zoë", "zoe"}, {"Jürgen", "juergen"}, {"Łucja", "lucja"}, {"Søren", "soren"}, {"Begoña", "begona"}, {"François", "francois"}},
		last:  [][2]string{{"Groß", "gross"}, {"Nuñez", "nunez"}, {"Wójcik", "wojcik"}, {"Ångström", "angstrom"}, {"Lefèvre", "lefevre"}},
	},
}

// bios are what people tell about themselves; the first list is the common one.
var bios = [][]string{
	{
		"By day {job}, by night {hobby}. Mostly in {city}.",
		"I read, cook and {verb} things. At the moment: {book}.",
		"{job}, parent of two, owner of {n} houseplants and one very old {animal}.",
		"Born in {country}, at home in {city}. Ask me about {hobby}.",
		"I write about {hobby}, {language} and whatever happened on {day}.",
		"Moved to {city} for a year, stayed for {n}.",
		"Slow reader, fast walker. Last finished: {book}.",
	},
	{
		"{emoji} {city} · {hobby} · {job}",
		"Живу у моря, читаю книги и варю кофе. Пишу редко, но с удовольствием.",
		"Γράφω για βιβλία, θάλασσα και παλιούς υπολογιστές.",
		"İstanbul'da yaşıyorum; kitaplar, çay ve eski bilgisayarlar üzerine yazıyorum.",
	},
}

// A book is what posts in one language are made of; the first is the common one.
type book struct{ titles, sentences []string }

var books = []book{
	{
		titles: []string{
			"What {n} months of {hobby} taught me",
			"A weekend in {city}",
			"Notes on {book}",
			"How we {verb} the {part} every {day}",
			"{language} for a patient {job}",
			"Cooking {dish} for {n} guests",
			"The {animal} in the garden",
			"Why I stopped {doing} the {part}",
			"A letter to {name}",
			"{hobby}: a beginner's mistakes",
			"Things I learned in {month}",
			"From {city} to {city} by train",
			"In praise of the {fruit}",
			"The day the {part} went down",
			"Reading {book} again after {n} years",
			"Small tools I use every day",
			"An interview with {name}, {job}",
			"One year without a {part}",
		},
		sentences: []string{
			"It took us {n} days to find out why the {part} stopped.",
			"{name} suggested to {verb} it twice, which sounded wrong and was right.",
			"On {day} the train from {city} was late again, so I had time to think.",
			"I had never tried {hobby} before, and it showed.",
			"My neighbour, a retired {job}, laughed and lent me the right book.",
			"The first version was written in {language}, in a hurry, and it lasted {n} years.",
			"Nobody remembers who planted the {fruit} behind the house.",
			"We ate {dish} and talked until the lamps went out.",
			"There is a chapter in {book} that says it better than I can.",
			"If you only take one thing from this post, let it be patience.",
			"A {animal} watched us from the other side of the fence.",
			"The numbers were clear: {n} of a hundred readers never came back.",
			"In {month} the library in {city} opens a second reading room.",
			"I wrote it down at once, because I know how I forget.",
			"Measuring came first; {doing} the {part} came much later.",
			"What surprised me most was how quiet the place was.",
			"{name} and {name} disagreed about nearly everything except the coffee.",
			"The old {part} still works, and I see no reason to replace it.",
			"Somebody in {country} had the same problem and left a short note.",
			"It is a small thing, but it saves me {n} minutes every morning.",
			"You can do all of this with paper, a pencil and a free afternoon.",
			"After a while I stopped counting and started to enjoy it.",
			"The second attempt failed for a much better reason than the first.",
			"I asked a {job} in {city}, who answered with another question.",
			"None of it is new, but it was new to me.",
			"Start with the simplest thing and stop when it is good enough.",
			"We kept the letters in a tin that once held {fruit} sweets.",
			"Half of the work was to {verb}; the other half was to explain it.",
			"The map was wrong, the weather was worse, and we had a fine day.",
			"Thanks to everyone who wrote to me after the last post!",
			"Next time I shall tell you about {hobby} and the {animal}.",
			"They say <em>less is more</em>; for {dish} I say \"more & more\".",
		},
	},
	{
		titles: []string{
			"Письмо из города {city}",
			"Как мы чинили старый компьютер",
			"Заметки о книге «{book}»",
			"Чему я научилась за {n} дней",
			"Тихая осень и горячий чай",
			"Почему я снова пишу от руки",
		},
		sentences: []string{
			"Утром было тихо, и только дождь стучал по крыше старого дома.",
			"Мы долго искали ошибку, а она была в самой первой строке.",
			"Сосед принёс яблоки и рассказал, каким был этот город раньше.",
			"Через {n} дней всё заработало, и никто не понял почему.",
			"Я записываю это, чтобы не забыть до следующей зимы.",
			"В библиотеке нашлась книга, которую я искала много лет.",
			"Если начать с простого, сложное приходит само.",
			"Вечером пили чай, спорили о словах и смеялись.",
			"Ёжик под окном шуршал листьями и никуда не спешил.",
			"Спасибо всем, кто написал мне после прошлой заметки!",
		},
	},
	{
		titles: []string{
			"Γράμμα από την πόλη {city}",
			"Ένα Σαββατοκύριακο στο νησί",
			"Τι έμαθα σε {n} ημέρες",
			"Σημειώσεις για έναν παλιό υπολογιστή",
			"Ο καφές της γειτονιάς",
		},
		sentences: []string{
			"Το πρωί η θάλασσα ήταν ήσυχη και το λιμάνι σχεδόν άδειο.",
			"Ψάχναμε το λάθος {n} ώρες και ήταν στην πρώτη γραμμή.",
			"Η γειτόνισσα έφερε σύκα και μας είπε παλιές ιστορίες.",
			"Ξεκίνα από το απλό και το δύσκολο θα έρθει μόνο του.",
			"Το βιβλίο ήταν παλιό, με σημειώσεις σε κάθε σελίδα.",
			"Το βράδυ ήπιαμε καφέ και μιλήσαμε για ταξίδια.",
			"Ο Οδυσσέας, ο γάτος, κοιμόταν πάνω στο πληκτρολόγιο.",
			"Ευχαριστώ όλους όσους μου έγραψαν την περασμένη εβδομάδα!",
			"Δεν είναι κάτι καινούργιο, αλλά για μένα ήταν.",
		},
	},
	{
		titles: []string{
			"{city} şehrinden bir mektup",
			"Eski bir bilgisayarın öyküsü",
			"{n} günde neler öğrendim",
			"Iğdır'dan İzmir'e trenle",
			"Çay, kitap ve uzun akşamlar",
		},
		sentences: []string{
			"Sabah sokak sessizdi, yalnızca fırından ekmek kokusu geliyordu.",
			"Hatayı {n} saat aradık; meğer ilk satırdaymış.",
			"Komşumuz incir getirdi ve eski günleri anlattı.",
			"Işık söndü, ama sohbet gece yarısına kadar sürdü.",
			"İyi bir araç, ne zaman duracağını bilen araçtır.",
			"Kütüphanede yıllardır aradığım kitabı buldum.",
			"Önce en basitini dene, gerisi kendiliğinden gelir.",
			"Şimdi her sabah yarım saat yürüyorum ve çok mutluyum.",
			"Geçen yazıdan sonra bana yazan herkese teşekkürler!",
			"Öğleden sonra yağmur dindi, biz de bahçeye çıktık.",
		},
	},
	{
		titles: []string{
			"{emoji} {emoji} {city}!",
			"{hobby} {emoji}",
			"Mañana, naïveté & café ☕",
			"{n} km 🚲 to {city}",
			"日記 {n}: {fruit}",
		},
		sentences: []string{
			"{emoji} What a {day}!",
			"We rode {n} km along the river and nobody was tired 🚲.",
			"{name} brought {fruit} and a thermos of tea 🍵.",
			"The best part was the {animal} on the roof {emoji}.",
			"Zoë says “déjà vu”, Jürgen says „schön war’s“.",
			"今日は雨でした。本を読んで、お茶を飲みました。",
			"Tomorrow: {hobby} {emoji}, then {dish}.",
			"Would I do it again? 100 % yes {emoji}{emoji}",
			"More pictures from {city} soon 📷, I promise.",
			"10 000 steps, {n} photographs, one sunburn ☀️.",
			"¿Quién viene conmigo la próxima vez? 🎒",
		},
	},
}

// tagCounts are how many tags a post may have, the likelier the more often.
var tagCounts = []int{0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5}

// tagNames are all tags; the last one has no post.
var tagNames = []string{
	"travel", "cooking", "books", "programming", "music", "gardening", "history", "photography", "cycling", "running",
	"databases", "go", "sql", "graphql", "postgresql", "sqlite", "linux", "security", "testing", "performance",
	"architecture", "design", "typography", "mathematics", "physics", "astronomy", "biology", "chemistry", "weather", "oceans",
	"trains", "maps", "letters", "poetry", "film", "theatre", "painting", "pottery", "knitting", "woodwork",
	"chess", "puzzles", "languages", "translation", "teaching", "family", "friends", "work", "health", "sleep",
	"C++", "node.js", "open source", "how-to", "100%", "snake_case", "кулинария", "θάλασσα", "çay", "café", "日本", "🚀",
	"Ideas", "never used",
}

// demo makes a graph small enough to read and rich enough to try everything on: a user without an address, an address
// without a user, a profile without a bio, posts without tags.
func demo(ctx context.Context, l *load) error {
	begin := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	after := func(days, minutes int) time.Time {
		return begin.AddDate(0, 0, days).Add(time.Duration(minutes) * time.Minute)
	}
	authors := map[string]int64{}
	for i, d := range demoUsers {
		u := &User{Row: Row{Key: int64(i + 1), CreatedAt: after(i, 0), UpdatedAt: after(i, 0), Version: 1}, Username: d.username, Name: d.name}
		authors[d.username] = u.Key
		if err := l.user(ctx, u); err != nil {
			return err
		}
	}
	addresses := 0
	address := func(user *int64, email string) error {
		addresses++
		now := after(addresses, 10)
		return l.address(ctx, &Address{Row: Row{Key: int64(addresses), CreatedAt: now, UpdatedAt: now, Version: 1}, UserKey: user, EmailAddress: email})
	}
	for i, d := range demoUsers {
		key := int64(i + 1)
		p := &Profile{Row: Row{Key: key, CreatedAt: after(i, 5), UpdatedAt: after(i, 5), Version: 1}, UserKey: key, FullName: &d.fullName}
		if d.bio != "" {
			p.Bio = &d.bio
		}
		if err := l.profile(ctx, p); err != nil {
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
		t := &Tag{Row: Row{Key: int64(i + 1), CreatedAt: after(7, i), UpdatedAt: after(7, i), Version: 1}, Name: name}
		tags[name] = t.Key
		if err := l.tag(ctx, t); err != nil {
			return err
		}
	}
	for i, d := range demoPosts {
		written := after(8+i, 7*i)
		p := &Post{Row: Row{Key: int64(i + 1), CreatedAt: written, UpdatedAt: written, Version: 1}, AuthorKey: authors[d.author], Title: d.title, Content: d.content}
		var keys []int64
		for _, name := range d.tags {
			keys = append(keys, tags[name])
		}
		if err := l.post(ctx, p, keys); err != nil {
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
