package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"kith/db/orm"
	"kith/graph/plan"
	"kith/graph/transport"
	"kith/loaders"
)

// What comes over connections that are held open: subscriptions to changes here, live queries in live.go. Their fields are not
// gqlgen's: what is asked of rows is asked as a query, by plan or by resolvers like any other.

const (
	// maxStreams is how many connections one user, or one address without a log-in, may hold open.
	maxStreams = 1000
	// lookAfter is how often is looked whether the sessions of connections last.
	lookAfter = time.Second
	// patience is for how long a database that is gone is waited for by those who follow changes.
	patience = time.Minute
	// maxFollowed is how many ids may be followed at once.
	maxFollowed = 1000
)

// streams are the connections that are held open.
type streams struct {
	mu       sync.Mutex
	count    map[any]int // by viewer's key or address
	sessions map[string]map[*stream]bool
	watching bool
}

type stream struct {
	viewer orm.Viewer
	end    context.CancelCauseFunc
}

func (s *server) streams() transport.Streams {
	return transport.Streams{Open: s.openStream, Run: s.runStream, Drain: s.Drain}
}

// openStream lets somebody hold a connection open until their token or their session ends.
func (s *server) openStream(ctx context.Context, h http.Header) (context.Context, func(), *transport.Refusal) {
	looking, cancel := context.WithTimeout(ctx, s.Limits.Timeout)
	defer cancel()
	standing, err := s.sessions.Standing(looking, h)
	if err != nil {
		return nil, nil, s.denied(looking, err)
	}
	who := who(ctx, standing.Viewer)
	s.open.mu.Lock()
	defer s.open.mu.Unlock()
	if s.open.count[who] == maxStreams {
		return nil, nil, &transport.Refusal{Status: http.StatusServiceUnavailable, Code: orm.LimitExceeded, Message: "too many connections are open"}
	}
	ctx, end := context.WithCancelCause(orm.WithViewer(ctx, standing.Viewer))
	stop := func() bool { return true }
	if !standing.Expires.IsZero() {
		stop = time.AfterFunc(standing.Expires.Sub(s.DB.Now()), func() { end(transport.ErrNoLonger) }).Stop
	}
	s.open.count[who]++
	one := &stream{standing.Viewer, end}
	if id := standing.Session; id != "" {
		if s.open.sessions[id] == nil {
			s.open.sessions[id] = map[*stream]bool{}
		}
		s.open.sessions[id][one] = true
		if !s.open.watching {
			s.open.watching = true
			go s.lookAfterSessions()
		}
	}
	return ctx, sync.OnceFunc(func() {
		stop()
		end(nil)
		s.open.mu.Lock()
		defer s.open.mu.Unlock()
		if s.open.count[who]--; s.open.count[who] == 0 {
			delete(s.open.count, who)
		}
		if delete(s.open.sessions[standing.Session], one); len(s.open.sessions[standing.Session]) == 0 {
			delete(s.open.sessions, standing.Session)
		}
	}), nil
}

// lookAfterSessions ends the connections of sessions that have ended, with one statement for all, until there are none.
func (s *server) lookAfterSessions() {
	for {
		time.Sleep(lookAfter)
		s.open.mu.Lock()
		ids := slices.Collect(maps.Keys(s.open.sessions))
		s.open.watching = len(ids) > 0
		s.open.mu.Unlock()
		if len(ids) == 0 {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), s.Limits.Timeout)
		viewers, err := s.DB.SessionViewers(ctx, ids)
		cancel()
		if err != nil {
			slog.Warn("the sessions of open connections cannot be looked after", "cause", err)
			continue
		}
		s.open.mu.Lock()
		for _, id := range ids {
			viewer, lives := viewers[id]
			for one := range s.open.sessions[id] {
				if !lives || !reflect.DeepEqual(viewer, one.viewer) {
					one.end(transport.ErrNoLonger)
				}
			}
		}
		s.open.mu.Unlock()
	}
}

// cursorField is the field of Query that says where to follow from.
const cursorField = "changesCursor"

// asksCursor tells whether the operation may have that field anywhere.
func asksCursor(ctx context.Context) bool {
	return strings.Contains(graphql.GetOperationContext(ctx).RawQuery, cursorField)
}

// changesCursor is a place behind which all is told that is not seen where this is read.
func changesCursor(ctx context.Context) (string, error) {
	if newest := operationOf(ctx).newest; newest != "" {
		return newest, nil
	}
	return loaders.OfKey(ctx, cursorField, 0, func(ctx context.Context, d *orm.DB, path string, _ []int64) (map[int64]string, error) {
		newest, err := d.Newest(ctx, path)
		return map[int64]string{0: newest.String()}, err
	})
}

// follow keeps where to follow from, if a mutation asks for it anywhere, before it reads anything else: no snapshot has all that it answers.
func (s *server) follow(ctx context.Context) error {
	if !asksCursor(ctx) || !s.DB.Model().Follows() {
		return nil
	}
	newest, err := s.DB.Newest(ctx, cursorField)
	operationOf(ctx).newest = newest.String()
	return err
}

// kind is the kind of operation that a request asks for; "" if it is none.
func (s *server) kind(ctx context.Context, q *transport.Request) ast.Operation {
	prepared, err := s.documents.Prepare(ctx, q.Request)
	if err != nil {
		return ""
	}
	return prepared.Kind
}

// runStream runs what comes over a connection that is held open.
func (s *server) runStream(ctx context.Context, q *transport.Request, next func(transport.Answer) error) (problems gqlerror.List) {
	defer func() {
		if p := recover(); p != nil {
			problems = gqlerror.List{present(ctx, transport.Recovered(ctx, p))}
		}
	}()
	if problems, done := s.runOnce(ctx, q, next); done {
		return problems
	}
	state := &operation{}
	running := context.WithValue(ctx, operationKey{}, state)
	_, end := s.observe(running, q, state)
	defer end()
	follow, err := s.subscribe(ctx, q, state)
	gone := false
	if err == nil {
		err = follow(func(a transport.Answer) error {
			s.keep(ctx, a.At)
			err := next(a)
			gone = gone || err != nil
			return err
		})
	}
	if err == nil || gone || ctx.Err() != nil {
		return nil
	}
	return s.requestError(running, asList(err)).Errors
}

// runOnce runs an operation that has one answer; done is false if it is none.
func (s *server) runOnce(ctx context.Context, q *transport.Request, next func(transport.Answer) error) (problems gqlerror.List, done bool) {
	if s.kind(ctx, q) == ast.Subscription {
		return nil, false
	}
	ctx, budget := s.memory.WithBudget(orm.WithViewer(ctx, orm.ViewerOf(ctx)), s.Limits.Timeout, s.Limits.Response)
	defer budget.Release()
	answer, _ := s.execute(ctx, q)
	if answer.Data == nil {
		return answer.Errors, true
	}
	next(transport.Encode(answer, "")) //nolint:errcheck // the client has gone
	return nil, true
}

// subscribe answers what follows the one root field of a subscription until ctx ends: whoever waits in it does so on a small stack.
func (s *server) subscribe(ctx context.Context, q *transport.Request, state *operation) (follow func(next func(transport.Answer) error) error, err error) {
	operation, err := s.operation(ctx, q, state)
	if err != nil {
		return nil, err
	}
	fields := graphql.CollectFields(operation, operation.Operation.SelectionSet, []string{"Subscription"})
	if len(fields) != 1 || strings.HasPrefix(fields[0].Name, "_") {
		return nil, orm.Errorf(orm.BadRequest, "a subscription has one field")
	}
	if fields[0].Name == "changes" {
		c := &changesField{server: s, operation: operation, field: fields[0], identity: s.identify(ctx, operation, fields[0].Selections)}
		last := q.Header.Get("Last-Event-ID")
		return func(next func(transport.Answer) error) error { return s.followChanges(ctx, c, last, next) }, nil
	}
	query := s.asQuery(operation, fields[0].Field, fields[0].Selections)
	return func(next func(transport.Answer) error) error { return s.live.follow(ctx, query, next) }, nil
}

// asQuery is a query for a root field, with the variables of a subscription. Selections are what it asks for.
func (s *server) asQuery(operation *graphql.OperationContext, field *ast.Field, selections ast.SelectionSet) *graphql.OperationContext {
	asked := *field
	asked.ObjectDefinition, asked.Definition, asked.SelectionSet, asked.Directives = s.schema.Query, s.schema.Query.Fields.ForName(field.Name), selections, nil
	query := *operation.Operation
	query.Operation, query.SelectionSet, query.Directives = ast.Query, ast.SelectionSet{&asked}, nil
	return again(operation, &query, operation.Variables)
}

// again is a context of its own for an operation that runs once more.
func again(of *graphql.OperationContext, operation *ast.OperationDefinition, variables map[string]any) *graphql.OperationContext {
	return &graphql.OperationContext{
		RawQuery: of.RawQuery, OperationName: of.OperationName, Operation: operation, Variables: variables,
		Doc:        &ast.QueryDocument{Operations: ast.OperationList{operation}, Fragments: of.Doc.Fragments},
		Extensions: of.Extensions, Headers: of.Headers, DisableIntrospection: of.DisableIntrospection,
		RecoverFunc: of.RecoverFunc, ResolverMiddleware: of.ResolverMiddleware, RootResolverMiddleware: of.RootResolverMiddleware,
	}
}

// An identity is the same for subscriptions that ask the same, and are answered the same.
type identity struct {
	text, operation, variables string
	viewer                     string // "" if the answer is the same for everybody
}

// identify answers the identity of an operation, whose answers are made of what selections read.
func (s *server) identify(ctx context.Context, operation *graphql.OperationContext, selections ast.SelectionSet) identity {
	variables, _ := json.Marshal(operation.Variables) //nolint:errchkjson // they were JSON
	same := identity{text: operation.RawQuery, operation: operation.OperationName, variables: string(variables)}
	if !s.public(selections) {
		same.viewer = fmt.Sprint(orm.ViewerOf(ctx))
	}
	return same
}

// A question is who asks a query, and with which variables.
type question struct {
	viewer    orm.Viewer
	variables map[string]any
}

// A reply is the answer to a question, and what it was read from.
type reply struct {
	*graphql.Response
	read *orm.ReadSet
}

// answers runs a query for all who ask it, on what has been committed at one moment. What they read alike they read together.
func (s *server) answers(ctx context.Context, query *graphql.OperationContext, plans *plan.Plans, asked ...question) []reply {
	ctx, budget := s.memory.WithBudget(ctx, s.Limits.Timeout, s.Limits.Response)
	defer budget.Release()
	answers := make([]reply, len(asked))
	err := s.DB.Snapshot(orm.WithShare(ctx, transport.Address(ctx), maxConnections, 0), func(ctx context.Context) error {
		s.DB.Together(ctx, len(asked), func(ctx context.Context, i int) {
			ctx, answers[i].read = orm.WithReadSet(orm.WithViewer(ctx, asked[i].viewer))
			answers[i].Response = s.answer(ctx, query, plans, asked[i].variables)
		})
		return nil
	})
	if err != nil {
		for i := range answers {
			answers[i].Response = s.failure(ctx, err)
		}
	}
	return answers
}

// answer runs a query in a snapshot.
func (s *server) answer(ctx context.Context, query *graphql.OperationContext, plans *plan.Plans, variables map[string]any) *graphql.Response {
	ctx, budget := s.memory.WithBudget(ctx, s.Limits.Timeout, s.Limits.Response)
	defer budget.Release()
	state := &operation{budget: budget, pages: map[*ast.Field]parsedPage{}, snapshot: true}
	state.Plans = plans
	ctx = context.WithValue(ctx, operationKey{}, state)
	ctx = graphql.WithOperationContext(ctx, again(query, query.Operation, variables))
	answer := s.run(ctx)
	if answer == nil {
		return s.failure(context.WithoutCancel(ctx), orm.Errorf(orm.Timeout, timeoutMessage))
	}
	sortErrors(answer.Errors)
	answer.Errors = s.capped(answer.Errors)
	return answer
}

// A changesField is a subscription to changes.
type changesField struct {
	*server
	operation *graphql.OperationContext
	field     graphql.CollectedField
	identity  identity

	tables map[*orm.Table]bool // nil: all
	rows   map[rowID]bool      // nil: all
}

type rowID struct {
	table *orm.Table
	key   int64
}

// A seenChange is what a viewer is told of an object.
type seenChange struct {
	rowID
	verb   orm.ChangeVerb
	fields []string
}

// arguments reads the field's.
func (c *changesField) arguments(lastEvent string) (after *orm.Cursor, err error) {
	args := c.field.ArgumentMap(c.operation.Variables)
	text, _ := args["after"].(string)
	if lastEvent != "" {
		text = lastEvent
	}
	if text != "" {
		cursor, ok := orm.ParseCursor(text)
		if !ok {
			return nil, orm.Errorf(orm.BadRequest, "`after` is not the cursor of a change set")
		}
		after = &cursor
	}
	if list, ok := args["of"].([]any); ok {
		c.tables = map[*orm.Table]bool{}
		for _, t := range c.DB.Model().Tables() {
			c.tables[t] = slices.Contains(list, any(nodeType(t.Type)))
		}
	}
	if list, ok := args["ids"].([]any); ok {
		if len(list) > maxFollowed {
			return nil, orm.Errorf(orm.BadRequest, "`ids` must have at most %d items", maxFollowed)
		}
		c.rows = map[rowID]bool{}
		for _, item := range list {
			id, _ := item.(string)
			table, key, ok := c.DB.Model().ParseGlobalID(id)
			if !ok {
				return nil, orm.Errorf(orm.BadRequest, "`ids` has what is not an id")
			}
			c.rows[rowID{table, key}] = true
		}
	}
	return after, nil
}

// followChanges sends what is committed, a transaction at a time.
func (s *server) followChanges(ctx context.Context, c *changesField, lastEvent string, next func(transport.Answer) error) error {
	after, err := c.arguments(lastEvent)
	if err != nil {
		return onField(c.field, err)
	}
	var from orm.Cursor
	var leave func()
	err = s.patiently(ctx, func() (err error) {
		from, leave, err = s.DB.Follow(ctx)
		return err
	})
	if err != nil {
		return err
	}
	defer leave()
	if after != nil {
		from = *after
	} else if next(transport.Answer{Cursor: from.String()}) != nil { // who loses the connection before anything changes knows where to go on
		return nil
	}
	viewer := orm.ViewerOf(ctx)
	send := func(set *orm.Committed, changes []seenChange, more bool) error {
		e, err := s.shared(ctx, c, set, changes, more)
		if err != nil {
			return err
		}
		defer s.events.leave(e)
		return next(e.answer)
	}
	var held *orm.Committed // with what is seen of it, until it is known whether more of its transaction is
	var seen []seenChange
	for {
		var sets []*orm.Committed
		err := s.patiently(ctx, func() (err error) {
			if sets, err = s.DB.Next(ctx, from); err == nil {
				err = s.DB.Sight(ctx, sets, c.follows)
			}
			return err
		})
		if err != nil {
			return err
		}
		for _, set := range sets {
			from = set.Cursor
			if changes := c.seen(set, viewer); len(changes) > 0 {
				if held != nil {
					if err := send(held, seen, true); err != nil {
						return err
					}
				}
				held, seen = set, changes
			}
			if held != nil && !set.Cursor.Within() {
				if err := send(held, seen, false); err != nil {
					return err
				}
				held = nil
			}
		}
	}
}

// follows tells whether anything of a table may be told.
func (c *changesField) follows(t *orm.Table) bool {
	if c.rows != nil && !slices.ContainsFunc(slices.Collect(maps.Keys(c.rows)), func(row rowID) bool { return row.table == t }) {
		return false
	}
	return c.tables == nil || c.tables[t]
}

// patiently does something again while the database is gone, for a while: who follows is not to begin anew for a restart.
func (s *server) patiently(ctx context.Context, do func() error) error {
	for end := time.Now().Add(patience); ; {
		err := do()
		if code := orm.CodeOf(err); code != orm.Unavailable && code != orm.Timeout || ctx.Err() != nil || time.Now().After(end) {
			return err
		}
		select {
		case <-time.After(liveAgain):
		case <-ctx.Done():
		}
	}
}

// seen is what a viewer is told of a transaction.
func (c *changesField) seen(set *orm.Committed, viewer orm.Viewer) (seen []seenChange) {
	at := map[rowID]int{}
	add := func(row rowID, verb orm.ChangeVerb, fields ...string) {
		if c.tables != nil && !c.tables[row.table] || c.rows != nil && !c.rows[row] {
			return
		}
		i, again := at[row]
		switch {
		case !again:
			at[row] = len(seen)
			seen = append(seen, seenChange{row, verb, fields})
		case verb != orm.RowUpdated: // its links were told of before itself
			seen[i].verb, seen[i].fields = verb, nil
		case seen[i].verb == orm.RowUpdated:
			for _, f := range fields {
				if !slices.Contains(seen[i].fields, f) {
					seen[i].fields = append(seen[i].fields, f)
				}
			}
		}
	}
	for change, verb := range set.For(viewer) {
		switch {
		case change.Link != nil:
			add(rowID{change.Link.From, change.Keys[0]}, orm.RowUpdated, change.Link.Field)
			add(rowID{change.Link.To, change.Keys[1]}, orm.RowUpdated, change.Link.Back.Field)
		case verb == orm.RowUpdated:
			add(rowID{change.Table, change.Keys[0]}, verb, change.Fields(viewer)...)
		default:
			add(rowID{change.Table, change.Keys[0]}, verb)
		}
	}
	return seen
}

// shared is the answer for a transaction, made once for all who ask the same and see the same of it; events.leave lets go of it.
func (s *server) shared(ctx context.Context, c *changesField, set *orm.Committed, changes []seenChange, more bool) (e *event, err error) {
	var told strings.Builder
	for _, change := range changes {
		told.WriteString(string(change.verb) + orm.GlobalID(change.table, change.key) + " ")
	}
	key := eventKey{c.identity, set.Cursor, more, told.String()}
	lasting := context.WithoutCancel(ctx) // others wait for it as well
	err = s.patiently(ctx, func() (err error) {
		e, err = s.events.join(key, func() (transport.Answer, error) {
			response := c.write(lasting, set, changes, more)
			answer := transport.Encode(response, set.Cursor.String())
			answer.At = s.DB.Position(lasting)
			return answer, passing(response.Errors)
		})
		return err
	})
	return e, err
}

// public tells whether what a selection reads is the same for everybody: it leads to nothing that is hidden, and is all of the page.
func (s *server) public(set ast.SelectionSet) bool {
	model := s.DB.Model()
	hidden := func(typeName string) bool {
		table := model.TableOf(typeName)
		return table != nil && (table.Reads() != nil || slices.ContainsFunc(table.Columns, func(c *orm.Column) bool { return c.Reads() != nil }))
	}
	for _, selection := range set {
		switch selected := selection.(type) {
		case *ast.Field:
			typeName := selected.Definition.Type.Name()
			rows, isConnection := strings.CutSuffix(typeName, "Connection")
			table, on := model.TableOf(rows), model.TableOf(selected.ObjectDefinition.Name)
			switch {
			case hidden(rows), isConnection && table == nil, !s.public(selected.SelectionSet):
				return false
			case selected.ObjectDefinition == s.schema.Query && (table == nil || selected.Name != table.Single() && selected.Name != table.Root()):
				return false
			case selected.ObjectDefinition.IsAbstractType() && selected.Name != "__typename" && selected.Name != "id": // what a type of it makes of that
				return false
			case on != nil && selected.Name != "__typename" && on.Field(selected.Name) == nil && on.Relation(selected.Name) == nil && on.Computed(selected.Name) == nil:
				return false
			}
			for _, a := range selected.Arguments { // which may lead anywhere
				if a.Name == "where" || a.Name == "orderBy" && !flat(a.Value) {
					return false
				}
			}
		case *ast.InlineFragment:
			if hidden(selected.TypeCondition) || !s.public(selected.SelectionSet) {
				return false
			}
		case *ast.FragmentSpread:
			if hidden(selected.Definition.TypeCondition) || !s.public(selected.Definition.SelectionSet) {
				return false
			}
		}
	}
	return true
}

// flat tells whether a literal is no object with objects in it.
func flat(v *ast.Value) bool {
	for _, child := range v.Children {
		if child.Value.Kind == ast.Variable || v.Kind == ast.ObjectValue && len(child.Value.Children) > 0 || !flat(child.Value) {
			return false
		}
	}
	return v.Kind != ast.Variable
}

// write is a change set as it is asked for.
func (c *changesField) write(ctx context.Context, set *orm.Committed, changes []seenChange, more bool) *graphql.Response {
	w := &changeWriter{changesField: c, ctx: ctx, set: set, changes: changes, more: more}
	w.out = append(w.out, '{')
	w.key(c.field.Alias)
	w.object(c.field.Selections, "ChangeSet", w.changeSet)
	return &graphql.Response{Data: append(w.out, '}'), Errors: w.errors}
}

type changeWriter struct {
	*changesField
	ctx     context.Context
	set     *orm.Committed
	changes []seenChange
	more    bool
	shards  map[rowID]int64                      // of tables that are distributed
	nodes   map[string]map[rowID]json.RawMessage // by the response key of `node`
	bytes   int                                  // of all of them
	out     []byte
	errors  gqlerror.List
}

func (w *changeWriter) key(name string) {
	w.out = append(append(append(w.out, '"'), name...), '"', ':')
}

func (w *changeWriter) text(text string) { w.out = plan.AppendString(w.out, text) }

func (w *changeWriter) object(selections ast.SelectionSet, typeName string, field func(graphql.CollectedField)) {
	w.out = append(w.out, '{')
	for i, f := range graphql.CollectFields(w.operation, selections, []string{typeName}) {
		if i > 0 {
			w.out = append(w.out, ',')
		}
		w.key(f.Alias)
		if f.Name == "__typename" {
			w.text(typeName)
			continue
		}
		field(f)
	}
	w.out = append(w.out, '}')
}

func (w *changeWriter) changeSet(f graphql.CollectedField) {
	switch f.Name {
	case "cursor":
		w.text(w.set.Cursor.String())
	case "more":
		w.out = strconv.AppendBool(w.out, w.more)
	case "at":
		w.out = append(orm.AppendTime(append(w.out, '"'), w.set.At), '"')
	case "changes":
		w.locate()
		w.read(f)
		w.out = append(w.out, '[')
		for i := range w.changes {
			if i > 0 {
				w.out = append(w.out, ',')
			}
			w.object(f.Selections, "Change", func(f graphql.CollectedField) { w.change(f, &w.changes[i]) })
		}
		w.out = append(w.out, ']')
	}
}

func (w *changeWriter) change(f graphql.CollectedField, change *seenChange) {
	switch f.Name {
	case "verb":
		w.text(string(change.verb))
	case "id":
		w.text(w.id(change.rowID))
	case "type":
		w.text(nodeType(change.table.Type))
	case "fields":
		w.out = append(w.out, '[')
		for i, name := range change.fields {
			if i > 0 {
				w.out = append(w.out, ',')
			}
			w.text(name)
		}
		w.out = append(w.out, ']')
	case "node":
		if node := w.nodes[f.Alias][change.rowID]; node != nil && change.verb != orm.RowDeleted {
			w.out = append(w.out, node...)
			return
		}
		w.out = append(w.out, "null"...)
	}
}

// locate finds out where rows are, which is in their ids: where only their links changed, they are asked.
func (w *changeWriter) locate() {
	if !slices.ContainsFunc(w.changes, func(change seenChange) bool { return change.table.Shard() != nil }) {
		return
	}
	w.shards = map[rowID]int64{}
	for i := range w.set.Changes {
		if change := &w.set.Changes[i]; change.Shard() != 0 {
			w.shards[rowID{change.Table, change.Keys[0]}] = change.Shard()
		}
	}
	unknown := map[*orm.Table][]int64{}
	for _, change := range w.changes {
		if change.table.Shard() != nil && w.shards[change.rowID] == 0 {
			unknown[change.table] = append(unknown[change.table], change.key)
		}
	}
	for table, keys := range unknown {
		found, err := w.DB.Locate(w.ctx, table, keys)
		if err != nil {
			w.errors = append(w.errors, present(w.ctx, onField(w.field, err)))
		}
		for key, shard := range found {
			w.shards[rowID{table, key}] = shard
		}
	}
}

func (w *changeWriter) id(row rowID) string {
	return string(orm.AppendGlobalID(nil, row.table, row.key, w.shards[row]))
}

// idsVariable is a name that no variable of a document has.
const idsVariable = "ids of changes"

// read reads the nodes that are asked for, as many at once as `nodes` takes.
func (w *changeWriter) read(changes graphql.CollectedField) {
	w.nodes = map[string]map[rowID]json.RawMessage{}
	for _, f := range graphql.CollectFields(w.operation, changes.Selections, []string{"Change"}) {
		if f.Name != "node" {
			continue
		}
		found := map[rowID]json.RawMessage{}
		w.nodes[f.Alias] = found
		var rows []rowID
		for _, change := range w.changes {
			if change.verb != orm.RowDeleted {
				rows = append(rows, change.rowID)
			}
		}
		definition := w.schema.Query.Fields.ForName("nodes")
		query := w.asQuery(w.operation, &ast.Field{
			Alias: "nodes", Name: "nodes", Definition: definition, Position: f.Position,
			Arguments: ast.ArgumentList{{Name: "ids", Value: &ast.Value{Kind: ast.Variable, Raw: idsVariable, ExpectedType: definition.Arguments.ForName("ids").Type}}},
		}, f.Selections)
		plans, _ := plan.NewPlans(100)
		for part := range slices.Chunk(rows, plan.MaxNodes) {
			ids := make([]any, len(part))
			for i, row := range part {
				ids[i] = w.id(row)
			}
			variables := map[string]any{idsVariable: ids}
			maps.Copy(variables, w.operation.Variables)
			answer := w.answers(w.ctx, query, plans, question{orm.ViewerOf(w.ctx), variables})[0]
			if w.bytes += len(answer.Data); w.bytes > w.Limits.Response {
				w.errors = append(w.errors, present(w.ctx, onField(w.field, orm.Errorf(orm.LimitExceeded, "the objects take more than %d bytes; ask for less", w.Limits.Response))))
				return
			}
			var data struct{ Nodes []json.RawMessage }
			if err := json.Unmarshal(answer.Data, &data); err != nil || len(answer.Errors) > 0 {
				for _, e := range answer.Errors {
					e.Path = ast.Path{ast.PathName(w.field.Alias)}
					w.errors = append(w.errors, e)
				}
			}
			for i, node := range data.Nodes {
				found[part[i]] = node
			}
		}
	}
}

// events keeps the answers for the last transactions, for all who ask the same.
type events struct {
	memory *orm.Memory

	mu    sync.Mutex
	made  map[eventKey]*event
	last  []*event
	bytes int // of last
}

type eventKey struct {
	identity identity
	cursor   orm.Cursor
	more     bool
	told     string
}

type event struct {
	key    eventKey
	once   sync.Once
	answer transport.Answer
	err    error
	users  int // who are sending it
}

// keptEvents is how many answers are kept, and keptBytes of how many bytes: they are asked for at once, or never again.
const (
	keptEvents = 64
	keptBytes  = 16 << 20
)

// join answers what write makes, or has made for somebody else. While somebody sends it, its bytes are reserved.
func (e *events) join(key eventKey, write func() (transport.Answer, error)) (*event, error) {
	e.mu.Lock()
	one := e.made[key]
	if one == nil {
		one = &event{key: key}
		e.made[key] = one
	}
	e.mu.Unlock()
	one.once.Do(func() {
		one.answer, one.err = write()
		e.mu.Lock()
		defer e.mu.Unlock()
		if one.err != nil {
			delete(e.made, key)
			return
		}
		e.last, e.bytes = append(e.last, one), e.bytes+one.answer.Len()
		for len(e.last) > keptEvents || e.bytes > keptBytes {
			delete(e.made, e.last[0].key)
			e.bytes -= e.last[0].answer.Len()
			e.last = e.last[1:]
		}
	})
	if one.err != nil {
		return nil, one.err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if one.users == 0 && !e.memory.Take(one.answer.Len()) {
		return nil, orm.Errorf(orm.Unavailable, "too many large answers at once; try again")
	}
	one.users++
	return one, nil
}

// leave lets go of an answer.
func (e *events) leave(one *event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if one.users--; one.users == 0 {
		e.memory.Give(one.answer.Len())
	}
}
