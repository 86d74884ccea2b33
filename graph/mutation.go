package graph

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"path"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"kith/db"
	"kith/db/orm"
	"kith/graph/model"
	"kith/graph/plan"
	"kith/graph/session"
	"kith/graph/transport"
	"kith/loaders"
)

// A mutation is one mutation operation: its writes commit together or not at all.
type mutation struct {
	db       *db.DB
	sessions *session.Authenticator
	writes   map[string]*write // by response key
	order    []*write
	dryRun   bool
	keyed    bool // its answer is stored
	session  bool // the operation is one of sessions, which look after their own transactions
	// report is set in the second pass over an operation that was rolled back: nothing runs, everybody answers why.
	report bool
	err    error // the first error of a write; what comes after it does not run
}

// A write is one root field of a mutation, read from its arguments before anything runs.
type write struct {
	field     graphql.CollectedField
	session   bool     // it is one of sessions
	verb      orm.Verb // "" if it is a mutation of one's own
	table     *orm.Table
	many      bool         // the verb is for many rows
	drafts    []*orm.Draft // all that are read from the input
	bulk      *orm.Bulk    // what is changed or deleted of many rows
	upsert    *orm.Upsert
	rows      int   // that a mutation of one's own counts for, or that a bulk may write beside its draft
	key       int64 // of the row to change or delete
	ifVersion *int64
	force     bool
	given     []orm.Fault // faults of the input itself
	outcome
}

// An outcome is what has become of a write, in this run of the transaction.
type outcome struct {
	done    bool
	keys    []int64 // of the rows that were written, in the input's order
	created bool    // by an upsert
	cascade []orm.CascadeCount
	faults  []orm.Fault // why the write was not done
	current int64       // the row to show with the faults; 0 shows none
	allowed bool        // a mutation of one's own has asked whether the viewer may do it
	signUp  bool        // whoever was nobody is the new user
	// begin opens the session of a user who has signed up, once; nil: they get none.
	begin func() (*model.Session, error)
}

type mutationKey struct{}

func mutationOf(ctx context.Context) *mutation {
	m, _ := ctx.Value(mutationKey{}).(*mutation)
	return m
}

func (m *mutation) failed() bool {
	if m.err != nil {
		return true
	}
	for _, w := range m.order {
		if len(w.faults) > 0 {
			return true
		}
	}
	return false
}

// intents are what the operation is going to write. One write alone needs no order, and takes care of itself; so does each
// where a mutation of one's own does not say what it is going to write.
func (m *mutation) intents() (intents []orm.Intent) {
	if len(m.order) < 2 {
		return nil
	}
	for _, w := range m.order {
		if w.table == nil {
			return nil
		}
		intents = append(intents, w.intents()...)
	}
	return intents
}

func (w *write) intents() (intents []orm.Intent) {
	switch {
	case w.bulk != nil:
		return []orm.Intent{{Bulk: w.bulk}}
	case w.upsert != nil:
		return []orm.Intent{{Upsert: w.upsert}}
	case w.key != 0:
		return []orm.Intent{{Draft: w.drafts[0], Keys: []int64{w.key}, Remove: w.verb == orm.Deleting}}
	}
	for _, d := range w.drafts {
		intents = append(intents, orm.Intent{Draft: d})
	}
	return intents
}

// errRollBack ends a transaction whose answer stands.
var errRollBack = errors.New("roll back")

// mutate runs a mutation operation: everything that needs no database first, then all root fields in one transaction,
// which is run again as a whole if it loses a race. What is wrong with any of them rolls all of them back. With an
// Idempotency-Key the answer is stored in that transaction, and answered again to the same caller.
func (s *server) mutate(ctx context.Context, next graphql.OperationHandler) *graphql.Response {
	answer := s.commit(ctx, next)
	if answer != nil && len(answer.Errors) > 0 {
		answer.Data = []byte("null") // nothing of it was done
	}
	return answer
}

// commit runs the operation and makes it last; its answer is not yet that of an operation that failed.
func (s *server) commit(ctx context.Context, next graphql.OperationHandler) *graphql.Response {
	m, key, err := s.prepare(ctx)
	if err != nil {
		return s.failure(ctx, err)
	}
	ctx = context.WithValue(ctx, mutationKey{}, m)
	state := operationOf(ctx)
	var answer *graphql.Response
	alone := func(ctx context.Context) *graphql.Response {
		answer, err := state.run(ctx, next)
		if err != nil {
			return s.failure(ctx, err)
		}
		return answer
	}
	if err := s.follow(ctx); err != nil {
		return s.failure(ctx, err)
	}
	if m.session {
		return alone(ctx)
	}
	if !m.failed() {
		write := func(ctx context.Context) error {
			m.err = nil
			for _, w := range m.order {
				w.outcome = outcome{}
			}
			session.Forget(ctx)
			state.invalid.Store(nil)
			if key.id != "" {
				stored, answered, err := s.DB.Claim(ctx, key.id, key.request)
				if err != nil {
					return err
				}
				if answered {
					answer = &graphql.Response{Data: json.RawMessage(stored)}
					return state.budget.Write(len(stored))
				}
			}
			if err := s.DB.Lock(ctx, m.intents()...); err != nil {
				return err
			}
			var over error
			answer, over = state.run(ctx, next)
			switch invalid := state.invalid.Load(); {
			case over != nil:
				return over
			case invalid != nil:
				return invalid
			case answer == nil:
				return ctx.Err()
			case passing(answer.Errors) != nil:
				return passing(answer.Errors)
			case len(answer.Errors) > 0, m.failed(), m.dryRun:
				return errRollBack
			case key.id != "":
				return s.DB.Answer(ctx, key.id, string(answer.Data))
			}
			return nil
		}
		err = s.DB.Write(ctx, write)
		if key.id != "" && errors.Is(err, orm.ErrUncertain) {
			err = s.settle(ctx, err, write)
		}
		if err != nil {
			session.Forget(ctx)
		}
		if err != nil && !errors.Is(err, errRollBack) {
			return s.failure(ctx, err)
		}
	}
	if m.failed() && m.err == nil {
		m.report = true
		return s.steady(ctx, alone)
	}
	return answer
}

// settle runs a write again whose commit was not answered, until the database tells: its key has an answer if it was
// committed. If the database does not tell in time, it stays uncertain.
func (s *server) settle(ctx context.Context, uncertain error, write func(context.Context) error) error {
	for wait := 50 * time.Millisecond; ; wait *= 2 {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return uncertain
		}
		switch err := s.DB.Write(ctx, write); orm.CodeOf(err) {
		case orm.Unavailable, orm.Timeout:
		default:
			return err
		}
	}
}

// An idempotencyKey is what a request is stored under and told from others by, both as keyed hashes; the zero one is none.
type idempotencyKey struct{ id, request string }

// MaxIdempotencyKey is how many bytes an Idempotency-Key may have.
const MaxIdempotencyKey = 255

// maxWritten is how many rows a mutation may write, of anonymous callers maxWrittenUnknown.
const (
	maxWritten        = 10_000
	maxWrittenUnknown = 1_000
)

// maxSecrets is how many passwords an operation may set: each takes tens of milliseconds on purpose.
const maxSecrets = 10

func (s *server) idempotencyKey(ctx context.Context, h http.Header) (idempotencyKey, error) {
	text := h.Get("Idempotency-Key")
	if len(text) > MaxIdempotencyKey {
		return idempotencyKey{}, orm.Errorf(orm.BadRequest, "an Idempotency-Key has at most %d bytes", MaxIdempotencyKey)
	}
	if text == "" {
		return idempotencyKey{}, nil
	}
	operation := graphql.GetOperationContext(ctx)
	variables, err := json.Marshal(operation.Variables) // maps in the order of their names
	if err != nil {
		return idempotencyKey{}, err
	}
	caller := orm.GlobalID(db.Users.Table, orm.ViewerOf(ctx).Key)
	return idempotencyKey{
		id:      s.sessions.KeyedHash("idempotency key", caller, text),
		request: s.sessions.KeyedHash("idempotent request", operation.RawQuery, operation.OperationName, string(variables)),
	}, nil
}

// prepare reads every root field's arguments, decides who may do it, and hashes what must be hashed.
func (s *server) prepare(ctx context.Context) (*mutation, idempotencyKey, error) {
	operation := graphql.GetOperationContext(ctx)
	m := &mutation{db: s.DB, sessions: s.sessions, writes: map[string]*write{}}
	key, err := s.idempotencyKey(ctx, operation.Headers)
	if err != nil {
		return nil, key, err
	}
	m.keyed = key.id != ""
	directed := false
	for _, d := range operation.Operation.Directives {
		if d.Name == "dryRun" {
			directed = true
			m.dryRun, _ = d.ArgumentMap(operation.Variables)["if"].(bool)
		}
	}
	for _, f := range graphql.CollectFields(operation, operation.Operation.SelectionSet, []string{"Mutation"}) {
		if f.Name == "__typename" {
			continue
		}
		w, err := s.read(ctx, f, operation.Variables)
		if err != nil {
			return nil, key, onField(f, err)
		}
		m.writes[f.Alias] = w
		m.order = append(m.order, w)
		m.session = m.session || w.session
	}
	if m.session && (len(m.order) > 1 || directed || key.id != "") {
		return nil, key, onField(m.order[0].field, orm.Errorf(orm.BadRequest, "mutations of sessions stand alone: one in an operation, without @dryRun and Idempotency-Key"))
	}
	for _, w := range m.order {
		if err := s.authorize(ctx, w); err != nil {
			return nil, key, onField(w.field, err)
		}
	}
	if err := s.countWrites(ctx, m); err != nil {
		return nil, key, err
	}
	for _, w := range m.order {
		w.faults = w.given
	}
	if m.failed() {
		return m, key, nil
	}
	secrets := 0
	for _, w := range m.order {
		for _, d := range w.drafts {
			if secrets += d.Secrets(); secrets > maxSecrets {
				return nil, key, onField(w.field, orm.Errorf(orm.LimitExceeded, "an operation may set %d passwords", maxSecrets))
			}
		}
	}
	for _, w := range m.order {
		for _, d := range w.drafts {
			if d.Secrets() == 0 {
				continue
			}
			if err := s.sessions.Hash(ctx, transport.Address(ctx), d.Seal); err != nil {
				return nil, key, err
			}
		}
	}
	return m, key, nil
}

// authorize decides what needs no look at the stored rows: who may do this at all, and to whom. Whose a stored row is, is
// checked where it is written, by the same page that declares it.
func (s *server) authorize(ctx context.Context, w *write) error {
	viewer := orm.ViewerOf(ctx)
	if w.table == nil {
		return nil // sessions look after themselves, and mutations of one's own ask in their transaction
	}
	makesUsers := w.table.Signup() && (w.verb == orm.Creating || w.verb == orm.Upserting)
	signUp := makesUsers && w.verb == orm.Creating && !w.many // which is one user, who signs up
	changes := w.verb == orm.Updating || w.verb == orm.Deleting || w.upsert != nil && w.upsert.Update != nil
	switch {
	case viewer.Admin:
	case signUp && !s.SignUpClosed:
	case viewer.Key == 0:
		return orm.ErrAnonymous
	case makesUsers:
		return orm.Errorf(orm.Forbidden, "only admins make users here")
	case changes && w.table.Writes() == nil:
		return orm.Errorf(orm.Forbidden, "only admins change and delete %s", w.table.Name)
	case changes && w.table.Writes().Closed(viewer):
		return orm.Errorf(orm.Forbidden, "you may not change and delete %s", w.table.Name)
	}
	for _, d := range w.drafts {
		faults, err := d.Own(viewer)
		if err != nil {
			return err
		}
		w.given = append(w.given, faults...)
	}
	return nil
}

// onField is an error at a root field.
func onField(f graphql.CollectedField, err error) error {
	out := &gqlerror.Error{Err: err, Path: ast.Path{ast.PathName(f.Alias)}}
	if f.Position != nil {
		out.Locations = []gqlerror.Location{{Line: f.Position.Line, Column: f.Position.Column}}
	}
	return out
}

// countWrites adds the rows that the mutation may write to what it costs.
func (s *server) countWrites(ctx context.Context, m *mutation) error {
	most := maxWritten
	if viewer := orm.ViewerOf(ctx); viewer.Key == 0 && !viewer.Admin {
		most = maxWrittenUnknown
	}
	var drafts []*orm.Draft
	rows := 0
	for _, w := range m.order {
		rows += w.rows
		drafts = append(drafts, w.drafts...)
	}
	state := operationOf(ctx)
	most = min(most, s.Limits.Cost-state.Cost)
	rows += orm.RowsOf(drafts)
	state.Cost += rows
	if rows > most {
		return orm.Errorf(orm.LimitExceeded, "the operation could write %d rows and may write %d", rows, most)
	}
	return nil
}

// read reads one root field: `createUser` makes a row of User from its input, and so on for every verb and type. What is
// neither of the page nor of sessions is somebody's own.
func (s *server) read(ctx context.Context, f graphql.CollectedField, variables map[string]any) (*write, error) {
	w := &write{field: f, session: path.Base(f.Definition.Position.Src.Name) == "session.graphqls"}
	w.verb, w.table, w.many = db.Model.Mutation(f.Name)
	if w.table == nil {
		if !w.session {
			w.rows = 1 + items(f.ArgumentMap(variables))
		}
		return w, nil
	}
	raw, _ := f.ArgumentMap(variables)["input"].(map[string]any)
	input := s.input(s.schema.Types[f.Definition.Arguments.ForName("input").Type.Name()], raw)
	switch {
	case w.many:
		return w, w.readMany(input, raw)
	case w.verb == orm.Upserting:
		return w, w.readUpsert(input)
	}
	if w.verb != orm.Creating {
		id, _ := input.Get("id")
		text, _ := id.(string)
		key, ok := w.table.Seek(ctx, text)
		if !ok {
			w.given = append(w.given, orm.Fault{Code: orm.Invalid, Message: "is not an id of the right type", Field: []string{"input", "id"}})
		}
		w.key = key
	}
	if version, ok := input.Get("ifVersion"); ok {
		if n, isNumber := version.(int64); isNumber {
			w.ifVersion = &n
		}
	}
	force, _ := input.Get("force")
	w.force, _ = force.(bool)
	draft, faults := orm.NewDraft(w.table, input, []string{"input"}, w.verb == orm.Creating, "id", "ifVersion", "force")
	w.drafts, w.given = []*orm.Draft{draft}, append(w.given, faults...)
	return w, nil
}

// input gives an input object the order of its definition, and its values one type for each kind.
func (s *server) input(definition *ast.Definition, raw map[string]any) orm.Input {
	var out orm.Input
	for _, f := range definition.Fields {
		if v, ok := raw[f.Name]; ok {
			out = append(out, orm.InputField{Name: f.Name, Value: s.inputValue(f.Type, v)})
		}
	}
	return out
}

func (s *server) inputValue(t *ast.Type, v any) any {
	if v == nil {
		return nil
	}
	if t.Elem != nil {
		items, ok := v.([]any)
		if !ok {
			items = []any{v} // one item stands for a list of itself
		}
		out := make([]any, len(items))
		for i, item := range items {
			out[i] = s.inputValue(t.Elem, item)
		}
		return out
	}
	if definition := s.schema.Types[t.NamedType]; definition.Kind == ast.InputObject {
		object, _ := v.(map[string]any)
		return s.input(definition, object)
	}
	switch n := v.(type) {
	case json.Number:
		if t.NamedType == "ID" {
			return n.String()
		}
		if i, err := n.Int64(); err == nil && t.NamedType == "Int" {
			return i
		}
	case int64: // an ID may be written as a number
		if t.NamedType == "ID" {
			return graphqlID(n)
		}
	case int:
		return int64(n)
	}
	return v
}

func graphqlID(n int64) string { text, _ := json.Marshal(n); return string(text) } //nolint:errchkjson // an integer always marshals

// aroundMutation gives every root field its own view: what an earlier one read may have changed.
func (s *server) aroundMutation(ctx context.Context, next graphql.Resolver) (any, error) {
	ctx = loaders.New(ctx, s.DB.DB, fieldPath)
	ctx = orm.WithViewer(ctx, orm.ViewerOf(ctx))
	loaders.Expect(ctx, 1)
	answer, err := s.counted(ctx, func(ctx context.Context) (any, error) {
		if answer, planned, err := s.payload(ctx); planned {
			return answer, err
		}
		return next(ctx)
	})
	m := mutationOf(ctx)
	if w := m.writes[graphql.GetFieldContext(ctx).Field.Alias]; err == nil && w.table == nil && !w.session && !w.allowed && !m.report && !m.failed() {
		err = orm.Errorf(orm.Internal, "Mutation.%s has not asked whether the viewer may do it: its resolver must answer what own answers", w.field.Name)
	}
	if err != nil && m.err == nil {
		m.err = err
	}
	return answer, err
}

// current is the write of the field that is being resolved, and whether it is to be done now. If not, its faults are the
// answer: its own, or that another's rolled it back.
func current(ctx context.Context) (m *mutation, w *write, run bool) {
	m = mutationOf(ctx)
	w = m.writes[graphql.GetFieldContext(ctx).Field.Alias]
	if m.report && len(w.faults) == 0 {
		w.faults = []orm.Fault{{Code: orm.RolledBack, Message: "another mutation of the request failed, so nothing was done"}}
	}
	return m, w, !m.report && !m.failed()
}

// payload does the field's write, and answers by plan if nothing stands against it; planned is false where resolvers answer.
func (s *server) payload(ctx context.Context) (answer any, planned bool, err error) {
	state := operationOf(ctx)
	m, w, run := current(ctx)
	if s.planner == nil || w.table == nil || !run {
		return nil, false, nil
	}
	payload, err := s.planner.Payload(ctx, state.Plans, w.table)
	if payload == nil {
		s.unplanned(ctx, err)
		return nil, false, nil
	}
	for _, d := range w.drafts {
		d.Want(payload.Wanted())
	}
	if !w.many && w.verb == orm.Creating {
		w.drafts[0].WantLinked(payload.Linked())
	}
	if err := m.do(ctx, w); err != nil || len(w.faults) > 0 {
		return nil, err != nil, err
	}
	json, err := payload.Answer(ctx, w.written())
	switch code := orm.CodeOf(err); {
	case err == nil:
		return rawJSON(json), true, nil
	case state.invalidates(err):
		return graphql.Null, true, nil
	case code == orm.Timeout, code == orm.Unavailable: // the resolvers' would be that of a transaction that is over
		return nil, true, err
	}
	s.unplanned(ctx, err)
	return nil, false, nil
}

// written is what a plan has to know of a write that is done.
func (w *write) written() plan.Written {
	out := plan.Written{Table: w.table, Keys: w.keys, Gone: w.verb == orm.Deleting, Created: w.created, Cascade: w.cascade}
	switch {
	case w.many:
	case w.upsert == nil && !out.Gone, w.created:
		out.Row, out.Linked = w.drafts[0].Written(), w.drafts[0].Linked()
	case w.upsert != nil && w.upsert.Update != nil:
		out.Row = w.upsert.Update.Written()
	}
	return out
}

// wrote are the keys of the rows that the write has made or changed: none if something stands against it.
func (w *write) wrote() []int64 {
	if !w.done || len(w.faults) > 0 {
		return nil
	}
	return w.keys
}

// do does what the field's input asks for, once; the outcome tells what came of it.
func (m *mutation) do(ctx context.Context, w *write) (err error) {
	if w.done {
		return nil
	}
	w.done = true
	w.keys = []int64{w.key}
	switch {
	case w.many && w.verb == orm.Creating:
		w.keys, w.faults, err = m.db.CreateMany(ctx, w.drafts)
	case w.many && w.verb == orm.Updating:
		w.keys, w.faults, err = m.db.UpdateMany(ctx, w.bulk)
	case w.many:
		w.keys, w.cascade, w.faults, err = m.db.DeleteMany(ctx, w.bulk)
	case w.verb == orm.Creating:
		w.keys[0], w.faults, err = m.db.Create(ctx, w.drafts[0])
		if viewer := orm.ViewerOf(ctx); w.table.Signup() && !viewer.Admin && err == nil && len(w.faults) == 0 {
			w.signUp = viewer.Key == 0
			err = m.db.Know(ctx, w.keys[0], m.sessions.Place(transport.Address(ctx)))
			orm.SetViewer(ctx, orm.Viewer{Key: w.keys[0]}) // all of the new user is the caller's: the payload, and no more, is read as theirs
		}
	case w.verb == orm.Updating:
		w.faults, w.current, err = m.db.Update(ctx, w.drafts[0], w.key, w.ifVersion)
		w.cascade = w.drafts[0].Cascade()
	case w.verb == orm.Upserting:
		w.keys[0], w.created, w.faults, err = m.db.Upsert(ctx, w.upsert)
		if w.upsert.Update != nil && !w.created {
			w.cascade = w.upsert.Update.Cascade()
		}
	default:
		w.cascade, w.faults, w.current, err = m.db.Delete(ctx, w.table, w.key, w.ifVersion, w.force)
	}
	return err
}

func faultsOf(w *write) []*orm.Fault { return pointers(w.faults) }

func pointers[T any](list []T) []*T {
	out := make([]*T, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}

// create makes the row that the field's input asks for, with all that hangs on it.
func create[T any](ctx context.Context, table orm.Entity[T]) (*T, []*orm.Fault, error) {
	m, w, run := current(ctx)
	if !run {
		return nil, faultsOf(w), nil
	}
	if err := m.do(ctx, w); err != nil || len(w.faults) > 0 {
		return nil, faultsOf(w), err
	}
	entity, err := loaders.ByKey(ctx, table, w.keys[0])
	_, password := w.drafts[0].Value("password_hash")
	if user, ok := any(entity).(*db.User); ok && user != nil && w.signUp && password && !m.dryRun && !m.keyed {
		w.begin = sync.OnceValues(func() (*model.Session, error) { return m.sessions.Begin(ctx, transport.Address(ctx), user) })
	}
	return entity, faultsOf(w), err
}

// signedUp is the session of the user whom the root field around this one has made; nil if they get none.
func signedUp(ctx context.Context) (*model.Session, error) {
	m := mutationOf(ctx)
	w := m.writes[graphql.GetRootFieldContext(ctx).Field.Alias]
	if w.begin == nil || m.report {
		return nil, nil
	}
	return w.begin()
}

// update changes the row that the field's input names.
func update[T any](ctx context.Context, table orm.Entity[T]) (*T, []*orm.Fault, error) {
	m, w, run := current(ctx)
	if run {
		if err := m.do(ctx, w); err != nil {
			return nil, nil, err
		}
		if len(w.faults) == 0 {
			entity, err := loaders.ByKey(ctx, table, w.key)
			return entity, faultsOf(w), err
		}
	}
	entity, err := shown(ctx, table, w)
	return entity, faultsOf(w), err
}

// cascaded is what a change of the field's row deleted along, and what went with that.
func cascaded(ctx context.Context) []*orm.CascadeCount {
	w := mutationOf(ctx).writes[graphql.GetFieldContext(ctx).Field.Alias]
	if len(w.faults) > 0 {
		return []*orm.CascadeCount{} // it was rolled back
	}
	return pointers(w.cascade)
}

// shown is the stored row that goes with the faults of a write.
func shown[T any](ctx context.Context, table orm.Entity[T], w *write) (*T, error) {
	if w.current == 0 {
		return nil, nil
	}
	return loaders.ByKey(ctx, table, w.current)
}

// A deletion is what became of a delete.
type deletion[T any] struct {
	id      *string
	entity  *T
	cascade []*orm.CascadeCount
	faults  []*orm.Fault
}

// remove deletes the row that the field's input names.
func remove[T any](ctx context.Context, table orm.Entity[T]) (out deletion[T], err error) {
	m, w, run := current(ctx)
	out.cascade = []*orm.CascadeCount{}
	if run {
		if err := m.do(ctx, w); err != nil {
			return out, err
		}
		if len(w.faults) == 0 {
			id := orm.IDOf(ctx, w.table, w.key)
			out.id, out.cascade = &id, pointers(w.cascade)
		}
	}
	out.faults = faultsOf(w)
	out.entity, err = shown(ctx, table, w)
	return out, err
}
