// Package seed fills an empty database: with the demo graph, or with as much as is asked for.
package seed

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/brianvoe/gofakeit/v7"

	"kith/db"
	"kith/db/orm"
)

// Options say which graph Fill makes.
type Options struct {
	Users int // at least 1
	Posts int
	Seed  uint64
	// Progress is called after every batch of rows with the users and posts written so far and wanted; nil is nothing.
	// It starts again from the beginning if the transaction had to be run again.
	Progress func(done, total int)
}

// Fill fills an empty database with made-up users, profiles, addresses, posts and tags, all or nothing. The same
// options make the same rows, ids and times included, every time and on both databases. Ids are 1 to n in every table,
// and the next row made takes the next one. Every user has a profile and nine in ten an address; posts and tags are
// spread unevenly. Every user's password is `demo-password`.
//
// A database that has a row in any table is refused with Conflict, options that cannot be met with BadRequest.
func Fill(ctx context.Context, database *db.DB, o Options) error {
	if o.Users < 1 || o.Posts < 0 {
		return orm.Errorf(orm.BadRequest, "cannot make %d users and %d posts: there must be a user at least, and no fewer than no posts", o.Users, o.Posts)
	}
	var s *seeder
	flushed := func() {
		if o.Progress != nil {
			o.Progress(s.done, o.Users+o.Posts)
		}
	}
	return database.Load(ctx, flushed, func(ctx context.Context, l *orm.Load) error {
		s = newSeeder(l, o)
		if err := l.Expect(ctx, 3*o.Users+3*o.Posts); err != nil {
			return err
		}
		return s.run(ctx)
	})
}

// addPost adds a post with its tags.
func addPost(ctx context.Context, l *orm.Load, p *db.Post, tags []int64) error {
	if err := l.Add(ctx, db.Posts.Table, p); err != nil {
		return err
	}
	for _, tag := range tags {
		if err := l.Link(ctx, db.PostTags.Relation, p, tag); err != nil {
			return err
		}
	}
	return nil
}

type seeder struct {
	*orm.Load
	Options
	done   int // users and posts
	source *rand.PCG
	random *rand.Rand
	fake   *gofakeit.Faker
}

func newSeeder(l *orm.Load, o Options) *seeder {
	source := rand.NewPCG(o.Seed, 0)
	return &seeder{Load: l, Options: o, source: source, random: rand.New(source), fake: gofakeit.NewFaker(source, false)}
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
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_.-", r) {
			return r
		}
		return -1
	}, text)
}

func (s *seeder) users(ctx context.Context) error {
	times := over(0, 3*year, s.Users)
	for key := 1; key <= s.Users; key++ {
		p := s.person(key)
		u := &db.User{Row: orm.Row{Key: int64(key)}, Username: p.username, Name: p.name}
		s.draw(streamUser, key)
		u.CreatedAt, u.UpdatedAt, u.Version = times.next(s)
		s.done++
		if err := s.Add(ctx, db.Users.Table, u, demoHash); err != nil {
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
		p := &db.Profile{Row: orm.Row{Key: int64(key)}, UserKey: int64(user)}
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
		if err := s.Add(ctx, db.Profiles.Table, p); err != nil {
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
		a := &db.Address{Row: orm.Row{Key: int64(key)}, UserKey: user, EmailAddress: email}
		a.CreatedAt, a.UpdatedAt, a.Version = times.next(s)
		return s.Add(ctx, db.Addresses.Table, a)
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
		t := &db.Tag{Row: orm.Row{Key: int64(i + 1)}, Name: name}
		s.draw(streamTag, i)
		t.CreatedAt, t.UpdatedAt, t.Version = times.next(s)
		if err := s.Add(ctx, db.Tags.Table, t); err != nil {
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
		p := &db.Post{Row: orm.Row{Key: int64(key)}}
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
		s.done++
		if err := addPost(ctx, s.Load, p, tags); err != nil {
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
