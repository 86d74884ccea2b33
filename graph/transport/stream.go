package transport

import (
	"context"
	"errors"
	"hash/maphash"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"kith/db/orm"
)

// An Answer is an answer that has been encoded, to be sent to many. One without a body says only where its receiver stands.
type Answer struct {
	body
	// Cursor is where to go on behind it; "" if there is no such place.
	Cursor string
	// At is where the database was when it had been made, if there are replicas, which may lack it.
	At orm.Position
}

// Encode makes an answer of a response.
func Encode(response *graphql.Response, cursor string) Answer {
	return Answer{body: encode(response), Cursor: cursor}
}

// Len is how many bytes it has.
func (a Answer) Len() int { return a.len() }

// Sum is a hash of the answer.
func (a Answer) Sum(seed maphash.Seed) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	a.writeTo(&h)
	return h.Sum64()
}

// Streams is what runs what comes over a connection that is held open.
type Streams struct {
	// Open finds out who opens a connection. What is done on it is done under the context that it answers, which ends with
	// ErrNoLonger as its cause when they may not hold it open any more; leave is called when they do not.
	Open func(ctx context.Context, h http.Header) (opened context.Context, leave func(), wrong *Refusal)
	// Run runs a request, calls next for each answer, and answers what ended it, if anything did.
	Run func(ctx context.Context, q *Request, next func(Answer) error) gqlerror.List
	// Drain ends when connections are to be closed, so that clients open others elsewhere.
	Drain context.Context
}

// ErrNoLonger says that a token or a session has ended.
var ErrNoLonger = errors.New("the session has ended")

const (
	// writeWithin is how long a client has to take one answer.
	writeWithin = 10 * time.Second
	// keepAlive is how often something is sent where nothing else is.
	keepAlive = 12 * time.Second
)

// eventStream is the media type of server-sent events.
const eventStream = "text/event-stream"

// events tells whether a client takes server-sent events. It has to say so: */* is not it.
func events(h http.Header) bool {
	for _, part := range strings.Split(strings.Join(h.Values("Accept"), ","), ",") {
		media, params, err := mime.ParseMediaType(part)
		if err != nil || media != eventStream {
			continue
		}
		q, err := strconv.ParseFloat(params["q"], 64)
		return params["q"] == "" || err == nil && q > 0
	}
	return false
}
