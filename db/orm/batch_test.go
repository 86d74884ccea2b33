package orm

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// lookingUp is a database of n users, and what looks up one of them by key.
func lookingUp(t *testing.T, n int) (*DB, func(k *Known, key int64) *Read) {
	t.Helper()
	db := opened(t, "postgres", page) // where look-ups are sent together
	if _, err := db.write.Exec(fmt.Sprintf("INSERT INTO users (username, name, created_at, updated_at) SELECT 'u' || i, 'n', now(), now() FROM generate_series(1, %d) AS s(i)", n)); err != nil {
		t.Fatal(err)
	}
	return db, func(k *Known, key int64) *Read {
		return &Read{Path: "user", From: Users.Table, By: Users.KeyColumn(), Keys: []int64{key}, Select: Select{Columns: Users.Columns}, Known: k}
	}
}

// Look-ups wait while others are under way, and all are sent: when one of those has ended, or beside them. Each is told what is its own.
func TestLookUpsWait(t *testing.T) {
	const people = 3*batchSize + 8
	db, read := lookingUp(t, people)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // what is not sent ends with it
	defer cancel()
	memory := NewMemory(64 << 20)

	// come makes as many look-ups come as are sent at once, and then some that wait.
	come := func(b *batcher, k *Known, waits int) (all []*waiter) {
		t.Helper()
		for range db.lookUps {
			if _, now := b.enter(ctx, db, read(k, 1)); !now {
				t.Error("a look-up waits for nothing")
			}
		}
		for i := range waits {
			own, _ := memory.WithBudget(WithRecorder(ctx, &Recorder{}), time.Minute, 100_000)
			w, now := b.enter(own, db, read(k, int64(i+1)))
			if now {
				t.Fatal("a look-up does not wait")
			}
			all = append(all, w)
		}
		return all
	}
	// told looks at what they are told.
	told := func(all []*waiter) {
		t.Helper()
		for _, w := range all {
			key, budget := w.read.Keys[0], BudgetOf(w.ctx)
			rows, err := w.wait(db)
			if err != nil {
				t.Fatalf("%d: %v", key, err)
			}
			if g := rows.Of(key); rows.Len() != 1 || g != (Group{End: 1}) || rows.Row(0)[0] != key {
				t.Fatalf("%d is told %v", key, rows.cells)
			}
			if held := budget.held.Load(); held == 0 || held != int64(rows.Bytes) {
				t.Errorf("%d bytes are held of %d", held, rows.Bytes)
			}
			r, _ := w.ctx.Value(recorderKey).(*Recorder)
			if s := r.Statements(); len(s) != 1 || s[0].Path != "user" || s[0].Text == "" || s[0].Keys < 1 {
				t.Errorf("its statements are %+v", s)
			}
			budget.Release()
		}
	}
	// quiet waits until nothing is under way.
	quiet := func(b *batcher) {
		t.Helper()
		for sent, waiting := -1, 0; sent != 0 || waiting != 0; time.Sleep(time.Millisecond) {
			b.mu.Lock()
			sent, waiting = b.sent, len(b.waiting)
			b.mu.Unlock()
			if ctx.Err() != nil {
				t.Fatalf("%d statements seem to be under way, and %d look-ups wait", sent, waiting)
			}
		}
	}

	t.Run("for one that ends", func(t *testing.T) {
		k := &Known{}
		b := k.batcherOf(Users.KeyColumn())
		stop := func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.overdue.Stop()
		}
		left := make(chan struct{})
		var mu sync.Mutex
		most := 0
		db.options.Observe = func(_ context.Context, s *Statement) {
			stop() // what comes meanwhile is sent at the end of this
			mu.Lock()
			most = max(most, s.Keys)
			mu.Unlock()
			select {
			case <-left:
			case <-ctx.Done():
				t.Error("who has ended waits for the statement of others")
			}
		}
		all := come(b, k, people)
		stop()
		for range db.lookUps {
			b.leave(db)
		}
		stop()
		close(left)
		told(all)
		if quiet(b); most > batchSize {
			t.Errorf("a statement is for %d look-ups", most)
		}
	})

	t.Run("for some time", func(t *testing.T) {
		k := &Known{}
		b := k.batcherOf(Users.KeyColumn())
		for range 2 {
			sent, released := make(chan int, people), make(chan struct{})
			db.options.Observe = func(_ context.Context, s *Statement) {
				sent <- s.Keys
				<-released
			}
			all := come(b, k, people)
			for n := 0; n < people; {
				select {
				case keys := <-sent:
					n += keys
				case <-ctx.Done():
					t.Errorf("%d of %d are sent beside what is under way", n, people)
					n = people
				}
			}
			close(released)
			for range db.lookUps {
				b.leave(db)
			}
			told(all)
			quiet(b)
		}
		b.beside(db) // when nobody waits any more
		quiet(b)
	})

	t.Run("while others come", func(t *testing.T) {
		k := &Known{}
		b := k.batcherOf(Users.KeyColumn())
		db.options.Observe = nil
		stop := func() bool {
			b.mu.Lock()
			defer b.mu.Unlock()
			return b.overdue.Stop()
		}
		all := come(b, k, 1)
		inTime := stop()
		b.enter(ctx, db, read(k, 2))
		if stop() && inTime {
			t.Error("who comes makes others wait longer")
		}
		for range db.lookUps {
			b.leave(db)
		}
		told(all)
		quiet(b)
	})

	t.Run("for what fails", func(t *testing.T) {
		k := &Known{}
		b := k.batcherOf(Users.KeyColumn())
		db.options.Observe = func(_ context.Context, s *Statement) {
			if s.Keys > 1 {
				panic("too many")
			}
		}
		all := come(b, k, 3)
		for range db.lookUps {
			b.leave(db)
		}
		told(all)
		quiet(b)
	})
}

// A statement that is sent for several is of none of them: it ends with the last, takes no budget of theirs, and has no span but one in each.
func TestLookUpsTogetherAreOfNobody(t *testing.T) {
	db, read := lookingUp(t, 3)
	spans := tracetest.NewInMemoryExporter()
	tracer := sdk.NewTracerProvider(sdk.WithSyncer(spans)).Tracer("test")
	memory := NewMemory(64 << 20)
	var all []*waiter
	var ends []func()
	end := time.Now().Add(2 * time.Hour)
	k := &Known{}
	var b batcher
	for i, within := range []time.Duration{time.Hour, 2 * time.Hour, time.Minute} {
		ctx, span := tracer.Start(WithRecorder(t.Context(), &Recorder{}), "operation")
		ctx, budget := memory.WithBudget(ctx, within, 1000)
		all = append(all, &waiter{ctx: ctx, in: &b, read: read(k, []int64{3, 1, 3}[i]), done: make(chan struct{})})
		ends = append(ends, func() { budget.Release(); span.End() })
	}
	first := trace.SpanFromContext(all[0].ctx).SpanContext().SpanID()
	BudgetOf(all[0].ctx).Release() // who is gone
	var budget *Budget
	db.options.Observe = func(ctx context.Context, s *Statement) {
		if at, ok := ctx.Deadline(); !ok || at.Sub(end).Abs() > 30*time.Minute {
			t.Errorf("it ends at %v in place of %v", at, end)
		}
		if budget = BudgetOf(ctx); budget == nil || budget.answer != 1000 || slices.ContainsFunc(all, func(w *waiter) bool { return BudgetOf(w.ctx) == budget }) {
			t.Errorf("it takes from %+v", budget)
		}
		if trace.SpanFromContext(ctx).IsRecording() {
			t.Error("it has a span of its own")
		}
		if s.Keys != 2 {
			t.Errorf("it looks up %d rows", s.Keys)
		}
	}
	rows, statement, err := b.fetch(db, &bunch{all: all})
	if err != nil || rows.Len() != 2 {
		t.Fatalf("%v %v", rows, err)
	}
	if !budget.released {
		t.Error("its budget is kept")
	}
	for _, w := range all {
		w.rows, w.statement = rows, statement
	}
	if _, err := all[0].wait(db); err == nil { // before the others have an answer
		t.Error("who is gone is told something")
	}
	for _, w := range all[1:] {
		close(w.done)
		if _, err := w.wait(db); err != nil {
			t.Error(err)
		}
	}
	for _, end := range ends {
		end()
	}
	db.options.Observe = nil
	alone, err := db.fetch(t.Context(), read(nil, 1))
	if part, _ := rows.part(t.Context(), all[1].read); err != nil || part.Bytes != alone.Bytes || !slices.Equal(part.cells, alone.cells) {
		t.Errorf("%+v is not %+v: %v", part, alone, err)
	}
	for i, name := range []string{"u3", "u1", "u3"} {
		all[i].ctx, all[i].read = t.Context(), &Read{Path: "user", From: Users.Table, By: Users.Field("username"), Texts: []string{name}, Select: Select{Columns: Users.Columns}}
	}
	if named, of, err := b.fetch(db, &bunch{all: all}); err != nil || named.Len() != 2 || of.Keys != 2 {
		t.Errorf("%+v by %+v: %v", named, of, err)
	}
	shown := 0
	for _, s := range spans.GetSpans() {
		if s.Name != "user" {
			continue
		}
		gone := s.Parent.SpanID() == first
		if gone && s.Status.Code != codes.Error {
			t.Errorf("%+v of who is gone", s.Status)
		}
		for _, says := range []attribute.KeyValue{attribute.String("db.query.text", statement.Text), attribute.Int("kith.keys", 2), attribute.Int("db.response.returned_rows", 2)} {
			if !gone && !slices.Contains(s.Attributes, says) {
				t.Errorf("%v lack %v", s.Attributes, says)
			}
		}
		shown++
	}
	if shown != len(all) {
		t.Errorf("%d spans for %d", shown, len(all))
	}
}

// What has its own place to be read from waits for nobody.
func TestLookUpsThatAreSentAlone(t *testing.T) {
	everywhere(t, func(t *testing.T, db *DB) {
		look := func(ctx context.Context) (waited bool) {
			k := &Known{}
			b := k.batcherOf(Users.KeyColumn())
			b.sent = db.lookUps
			r := &Read{Path: "user", From: Users.Table, By: Users.KeyColumn(), Keys: []int64{1}, Select: Select{Columns: Users.Columns}, Known: k}
			if _, err := db.fetch(ctx, r); err != nil {
				t.Error(err)
			}
			return b.overdue != nil
		}
		if got, want := look(t.Context()), db.driver == "postgres"; got != want {
			t.Errorf("a look-up waits for others: %v", got)
		}
		over := &use{replica: &replica{}}
		over.over.Store(true)
		if look(context.WithValue(t.Context(), replicaKey, over)) {
			t.Error("one on a replica waits for others")
		}
		k := &Known{}
		b := k.batcherOf(Users.KeyColumn())
		b.sent = db.lookUps
		failed := &waiter{in: b, ctx: t.Context(), read: &Read{Path: "user", From: Users.Table, By: Users.KeyColumn(), Keys: []int64{1}, Select: Select{Columns: Users.Columns}, Known: k}, done: make(chan struct{}), err: io.EOF}
		close(failed.done)
		if _, err := failed.wait(db); err != nil || b.overdue != nil {
			t.Error("one that failed with others waits for others", err)
		}
		err := db.Write(t.Context(), func(ctx context.Context) error {
			if look(ctx) {
				t.Error("one in a transaction waits for others")
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// What may read many rows can be cancelled, on SQLite too.
func TestLookUpsAreBrief(t *testing.T) {
	everywhere(t, func(t *testing.T, db *DB) {
		brief := false
		db.options.Observe = func(_ context.Context, s *Statement) { brief = s.brief }
		keys := make([]int64, batchSize+1)
		for i := range keys {
			keys[i] = int64(i + 1)
		}
		users := Read{From: Users.Table, By: Users.KeyColumn(), Select: Select{Columns: Users.Columns}}
		one, some, many, all := users, users, users, users
		one.Keys, some.Keys, many.Keys = keys[:1], keys[:batchSize], keys
		all.By, all.Page = nil, &Page{Size: 2, Order: []Order{{Column: Users.KeyColumn()}}}
		related := Read{From: Profiles.Table, Via: UserProfile.Relation, Keys: keys[:1], Select: Select{Columns: Profiles.Columns}}
		for i, r := range []*Read{&one, &some, &many, &all, &related} {
			if _, err := db.Read(t.Context(), r); err != nil || brief != (i < 2) {
				t.Errorf("%d: brief is %v: %v", i, brief, err)
			}
		}
	})
}

// What is read for several operations waits for nothing else that one of them does, and each keeps no more of it than is its own.
func TestLookUpsTogetherTakeNobodysShare(t *testing.T) {
	db, _ := lookingUp(t, 2)
	ctx, cancel := context.WithTimeout(WithShare(t.Context(), "me", 1, 0), 10*time.Second)
	defer cancel()
	ctx, budget := NewMemory(1<<20).WithBudget(ctx, 10*time.Second, 1<<20)
	defer budget.Release()
	if s, ok := ctx.Value(shareKey).(*share); !ok || s.connections.Acquire(ctx, 1) != nil { // another statement of the operation
		t.Fatal("there is no share")
	}
	name := Users.Field("username")
	var b batcher
	var all bunch
	for key := range int64(2) {
		all.all = append(all.all, &waiter{ctx: ctx, in: &b, read: &Read{Path: "user", From: Users.Table, By: Users.KeyColumn(), Keys: []int64{1 + key},
			Select: Select{Columns: []*Column{Users.KeyColumn(), name}}}})
	}
	rows, statement, err := b.fetch(db, &all)
	if err != nil {
		t.Fatal(err)
	}
	if rows.Len() != 2 || statement.Keys != 2 {
		t.Errorf("%d rows of %d keys", rows.Len(), statement.Keys)
	}
	own, err := rows.part(ctx, all.all[1].read)
	if err != nil {
		t.Fatal(err)
	}
	clear(rows.cells)
	if got := own.Row(own.Of(2).Start)[1]; own.Len() != 1 || got != "u2" {
		t.Errorf("%d rows, the first of %v", own.Len(), got)
	}
}
