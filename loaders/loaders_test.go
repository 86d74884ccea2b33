package loaders

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kith/db/orm"
)

var errSource = errors.New("the source failed")

// A source is what a loader reads in tests: it knows some keys, fails for batches that hold an evil one, and counts.
type source struct {
	mu      sync.Mutex
	batches [][]int64
	evil    map[int64]bool
	know    func(key int64) bool
}

func (s *source) fetch(_ context.Context, _ string, keys []int64) (map[int64]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batches = append(s.batches, slices.Clone(keys))
	found := map[int64]string{}
	for _, key := range keys {
		if s.evil[key] {
			return found, fmt.Errorf("reading: %w", errSource)
		}
		if s.know(key) {
			found[key] = strconv.FormatInt(key, 10)
		}
	}
	return found, nil
}

func request(ctx context.Context) (context.Context, *Request) {
	ctx = New(ctx, nil, func(context.Context) string { return "path" })
	return ctx, of(ctx)
}

func even(key int64) bool { return key%2 == 0 }

// Resolvers at random, in three levels of random width, ask two loaders for random keys, again and again the same ones:
// each gets its own key's answer, and a level takes one batch of a loader whatever happens in it.
func TestLoadersAtRandom(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 0))
		ctx, req := request(t.Context())
		sources := make([]*source, 2)
		loaders := make([]*loader[int64, string], 2)
		for i := range sources {
			sources[i] = &source{know: even, evil: map[int64]bool{}}
			if r.IntN(4) == 0 {
				sources[i].evil[r.Int64N(20)] = true
			}
			loaders[i] = loaderFor(req, i, sources[i].fetch, nothing[string])
		}
		// Every resolver of a level has the same number of children, so that levels are known beforehand.
		widths := []int{1 + r.IntN(8), r.IntN(4), r.IntN(3)}
		var all sync.WaitGroup
		var resolve func(level int, seed uint64)
		resolve = func(level int, seed uint64) {
			r := rand.New(rand.NewPCG(seed, 1))
			time.Sleep(time.Duration(r.IntN(200)) * time.Microsecond)
			key, which := r.Int64N(20), r.IntN(2)
			got, err := loaders[which].load(ctx, ctx, key)
			switch {
			case err != nil && (!errors.Is(err, errSource) || got != "" || len(sources[which].evil) == 0):
				t.Errorf("seed %d: key %d of a loader with %v is %q, error %v", seed, key, sources[which].evil, got, err)
			case err == nil && sources[which].evil[key]:
				t.Errorf("seed %d: key %d did not fail", seed, key)
			case err == nil && (got != "") != even(key), got != "" && got != strconv.FormatInt(key, 10):
				t.Errorf("seed %d: key %d is %q", seed, key, got)
			}
			children := 0
			if level+1 < len(widths) {
				children = widths[level+1]
			}
			Done(ctx, children)
			for range children {
				next := r.Uint64()
				all.Go(func() { resolve(level+1, next) })
			}
		}
		Expect(ctx, widths[0])
		for range widths[0] {
			first := r.Uint64()
			all.Go(func() { resolve(0, first) })
		}
		all.Wait()
		for _, s := range sources {
			if len(s.batches) > len(widths) {
				t.Errorf("seed %d: %d batches for %d levels: %v", seed, len(s.batches), len(widths), s.batches)
			}
			asked := map[int64]bool{}
			for _, keys := range s.batches {
				if !slices.IsSorted(keys) {
					t.Errorf("seed %d: keys out of order: %v", seed, keys)
				}
				for _, key := range keys {
					if asked[key] {
						t.Errorf("seed %d: key %d was fetched twice", seed, key)
					}
					asked[key] = true
				}
			}
		}
		if req.open != 0 || req.waiting != 0 {
			t.Errorf("seed %d: in the end %d are open, %d wait", seed, req.open, req.waiting)
		}
	}
}

// A key that is known already waits with its siblings: what they ask for next is one batch.
func TestKnownKeysDoNotHurryAhead(t *testing.T) {
	ctx, req := request(t.Context())
	s := &source{know: even}
	l, children := loaderFor(req, "parents", s.fetch, nothing[string]), &source{know: even}
	next := loaderFor(req, "children", children.fetch, nothing[string])
	Expect(ctx, 1)
	if _, err := l.load(ctx, ctx, 2); err != nil {
		t.Fatal(err)
	}
	Done(ctx, 0)
	Expect(ctx, 2)
	var all sync.WaitGroup
	for _, key := range []int64{2, 4} { // the first is known
		all.Go(func() {
			if _, err := l.load(ctx, ctx, key); err != nil {
				t.Error(err)
			}
			Done(ctx, 1)
			if _, err := next.load(ctx, ctx, key); err != nil {
				t.Error(err)
			}
			Done(ctx, 0)
		})
	}
	all.Wait()
	if len(s.batches) != 2 || len(children.batches) != 1 {
		t.Errorf("%d batches of parents and %d of children, want 2 and 1", len(s.batches), len(children.batches))
	}
}

// What makes the answer for a key that is not found is asked for each of them, and its error is that key's alone.
func TestMissingKeys(t *testing.T) {
	ctx, req := request(t.Context())
	gone := errors.New("gone")
	s := &source{know: even}
	l := loaderFor(req, "l", s.fetch, func() (string, error) { return "", gone })
	Expect(ctx, 3)
	var all sync.WaitGroup
	for _, key := range []int64{1, 2, 3} {
		all.Go(func() {
			got, err := l.load(ctx, ctx, key)
			if even(key) && (err != nil || got != "2") || !even(key) && !errors.Is(err, gone) {
				t.Errorf("key %d is %q, error %v", key, got, err)
			}
			Done(ctx, 0)
		})
	}
	all.Wait()
	if len(s.batches) != 1 {
		t.Errorf("%d batches", len(s.batches))
	}
}

// A cancelled request ends at once: who waits for others, and who waits for a batch.
func TestCancelledContext(t *testing.T) {
	t.Run("waiting", func(t *testing.T) {
		parent, cancel := context.WithCancel(t.Context())
		ctx, req := request(parent)
		l := loaderFor(req, "l", (&source{know: even}).fetch, nothing[string])
		Expect(ctx, 2) // the other never comes
		time.AfterFunc(10*time.Millisecond, cancel)
		_, err := l.load(ctx, ctx, 2)
		if !errors.Is(err, context.Canceled) || orm.CodeOf(err) != orm.Timeout {
			t.Errorf("error %v, code %s", err, orm.CodeOf(err))
		}
	})
	t.Run("running", func(t *testing.T) {
		parent, cancel := context.WithCancel(t.Context())
		ctx, req := request(parent)
		l := loaderFor(req, "l", func(ctx context.Context, _ string, _ []int64) (map[int64]string, error) {
			cancel()
			<-ctx.Done()
			return nil, ctx.Err()
		}, nothing[string])
		Expect(ctx, 1)
		if _, err := l.load(ctx, ctx, 2); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
}

// However long an announced resolver takes, nothing begins without it.
func TestNothingBeginsEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, req := request(t.Context())
		s := &source{know: even}
		l := loaderFor(req, "l", s.fetch, nothing[string])
		Expect(ctx, 2)
		var all sync.WaitGroup
		all.Go(func() {
			if got, err := l.load(ctx, ctx, 2); got != "2" || err != nil {
				t.Errorf("%q, error %v", got, err)
			}
			Done(ctx, 0)
		})
		time.Sleep(time.Hour) // of the bubble's time
		if len(s.batches) > 0 {
			t.Errorf("%v was fetched while another resolver was to come", s.batches)
		}
		if got, err := l.load(ctx, ctx, 4); got != "4" || err != nil {
			t.Errorf("%q, error %v", got, err)
		}
		Done(ctx, 0)
		all.Wait()
		if len(s.batches) != 1 {
			t.Errorf("%d batches: %v", len(s.batches), s.batches)
		}
	})
}

// A fetch that panics is an error of all its keys, and nobody waits for ever.
func TestFetchPanics(t *testing.T) {
	ctx, req := request(t.Context())
	l := loaderFor(req, "l", func(context.Context, string, []int64) (map[int64]string, error) { panic("boom") }, nothing[string])
	Expect(ctx, 2)
	var all sync.WaitGroup
	for key := range int64(2) {
		all.Go(func() {
			if _, err := l.load(ctx, ctx, key); err == nil {
				t.Errorf("key %d has no error", key)
			}
			Done(ctx, 0)
		})
	}
	all.Wait()
}
