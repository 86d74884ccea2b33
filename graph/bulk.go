package graph

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"kith/db/orm"
	"kith/loaders"
)

// Mutations of many rows at once, and of a row that may be there or not.

// readMany reads the input of a mutation of many rows; raw is the input as filters are read.
func (w *write) readMany(input orm.Input, raw map[string]any) error {
	if w.verb == orm.Creating {
		list, _ := input.Get(w.table.Root())
		items, _ := list.([]any)
		w.drafts, w.given = orm.NewDrafts(w.table, inputsOf(items), []string{"input", w.table.Root()})
		return nil
	}
	where, _ := raw["where"].(map[string]any)
	b := &orm.Bulk{Table: w.table}
	var err error
	if b.Where, err = orm.ParseWhere(w.table, where); err != nil {
		return err
	}
	given, _ := input.Get("atMost")
	atMost, _ := given.(int64)
	if b.AtMost = int(atMost); b.AtMost < 0 {
		w.given = append(w.given, orm.Fault{Code: orm.Invalid, Message: "must not be negative", Field: []string{"input", "atMost"}})
	}
	force, _ := input.Get("force")
	b.Force, _ = force.(bool)
	w.bulk, w.rows = b, max(0, b.AtMost)
	if w.verb == orm.Updating {
		w.rows-- // its draft counts for one
		set, _ := input.Get("set")
		changes, _ := set.(orm.Input)
		var faults []orm.Fault
		b.Set, faults = orm.NewDraft(w.table, changes, []string{"input", "set"}, false)
		w.drafts, w.given = []*orm.Draft{b.Set}, append(w.given, faults...)
	}
	return nil
}

func inputsOf(items []any) []orm.Input {
	inputs := make([]orm.Input, len(items))
	for i, item := range items {
		inputs[i], _ = item.(orm.Input)
	}
	return inputs
}

// readUpsert reads the input of an upsert.
func (w *write) readUpsert(input orm.Input) (err error) {
	part := func(name string) orm.Input {
		v, _ := input.Get(name)
		in, _ := v.(orm.Input)
		return in
	}
	update, _ := input.Get("update")
	changes, given := update.(orm.Input)
	if given && changes == nil {
		changes = orm.Input{}
	}
	w.upsert, w.given, err = orm.NewUpsert(w.table, part("by"), part("create"), changes)
	if err != nil {
		return err
	}
	w.drafts = []*orm.Draft{w.upsert.Create}
	if w.upsert.Update != nil {
		w.drafts = append(w.drafts, w.upsert.Update)
	}
	return nil
}

// createMany makes the rows that the field's input lists, with all that hangs on them.
func createMany[T any](ctx context.Context, table orm.Entity[T]) ([]*T, []*orm.Fault, error) {
	m, w, run := current(ctx)
	if run {
		if err := m.do(ctx, w); err != nil {
			return nil, nil, err
		}
	}
	entities, err := answered(ctx, table, w.wrote())
	return entities, faultsOf(w), err
}

// updateMany changes the rows that match the field's input, and answers how many they are as well.
func updateMany[T any](ctx context.Context, table orm.Entity[T]) ([]*T, int, []*orm.Fault, error) {
	m, w, run := current(ctx)
	if run {
		if err := m.do(ctx, w); err != nil {
			return nil, 0, nil, err
		}
	}
	entities, err := answered(ctx, table, w.wrote())
	return entities, len(w.wrote()), faultsOf(w), err
}

// answered are rows that were written, if the answer is to show them and the viewer sees them.
func answered[T any](ctx context.Context, table orm.Entity[T], keys []int64) ([]*T, error) {
	field := graphql.GetFieldContext(ctx).Field
	shown := graphql.CollectFields(graphql.GetOperationContext(ctx), field.Selections, []string{field.Definition.Type.Name()})
	if len(keys) == 0 || !slices.ContainsFunc(shown, func(f graphql.CollectedField) bool { return f.Name == table.Root() }) {
		return []*T{}, nil
	}
	entities, err := loaders.ByKeys(ctx, table, keys)
	return slices.DeleteFunc(entities, func(e *T) bool { return e == nil }), err
}

// A bulkDeletion is what became of a delete of many rows.
type bulkDeletion struct {
	ids     []string
	cascade []*orm.CascadeCount
	faults  []*orm.Fault
}

// removeMany deletes the rows that match the field's input.
func removeMany[T any](ctx context.Context, table orm.Entity[T]) (bulkDeletion, error) {
	m, w, run := current(ctx)
	out := bulkDeletion{ids: []string{}, cascade: []*orm.CascadeCount{}}
	if run {
		if err := m.do(ctx, w); err != nil {
			return out, err
		}
		out.cascade = pointers(w.cascade)
		for _, key := range w.wrote() {
			out.ids = append(out.ids, orm.IDOf(ctx, table.Table, key))
		}
	}
	out.faults = faultsOf(w)
	return out, nil
}

// upsert makes the row that the field's input tells, or changes it; created tells which.
func upsert[T any](ctx context.Context, table orm.Entity[T]) (entity *T, created bool, faults []*orm.Fault, err error) {
	m, w, run := current(ctx)
	if !run {
		return nil, false, faultsOf(w), nil
	}
	if err := m.do(ctx, w); err != nil || len(w.faults) > 0 {
		return nil, false, faultsOf(w), err
	}
	entity, err = loaders.ByKey(ctx, table, w.keys[0])
	return entity, w.created, faultsOf(w), err
}
