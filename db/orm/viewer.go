package orm

import "context"

// A Viewer is who asks. The zero Viewer is anonymous.
type Viewer struct {
	Key   int64 // of their row in users; 0 is anonymous
	Admin bool
}

// WithViewer makes everything under ctx be read and written as v, until SetViewer.
func WithViewer(ctx context.Context, v Viewer) context.Context {
	return context.WithValue(ctx, viewerKey, &v)
}

// ViewerOf is who asks under ctx.
func ViewerOf(ctx context.Context) Viewer {
	if v, ok := ctx.Value(viewerKey).(*Viewer); ok {
		return *v
	}
	return Viewer{}
}

// SetViewer makes the nearest WithViewer's context be v's from now on. Nothing else may run under it meanwhile.
func SetViewer(ctx context.Context, v Viewer) {
	if viewer, ok := ctx.Value(viewerKey).(*Viewer); ok {
		*viewer = v
	}
}

// seesAll tells whether the viewer may see every row of a table. A link that is no declared table is seen as the rows that it
// links.
func (q *query) seesAll(table *Table) bool {
	return table == nil || table.visible == "" || q.viewer.Admin
}

// visible writes, after and, the condition under which the viewer may see row t; it tells whether there is one.
func (q *query) visible(and string, table *Table, t string) bool {
	if q.seesAll(table) {
		return false
	}
	q.bindTo(and+t+"."+table.visible+" = ?", q.viewer.Key)
	return true
}
