package graph_test

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"kith/db/orm"
)

// grouping are the arguments of groups.
type grouping struct {
	by     []string // as the schema's enum has them
	having map[string]any
	order  []any
	first  int
}

// fieldOf is the field of a key that a value of the enum stands for: "createdAtMonth" for CREATED_AT_MONTH.
func fieldOf(enum string) string {
	words := strings.Split(strings.ToLower(enum), "_")
	for i := 1; i < len(words); i++ {
		words[i] = strings.ToUpper(words[i][:1]) + words[i][1:]
	}
	return strings.Join(words, "")
}

// common is what a row has in common with those of its group.
func (n *naive) common(r *row, field string) any {
	if relation := r.table.Relation(field); relation != nil {
		for _, other := range n.related(relation, r) {
			if n.seen(n.viewer, other) {
				return other.key()
			}
		}
		return nil
	}
	if column := r.table.Field(field); column != nil {
		return r.values[column.Name]
	}
	for unit, cut := range map[string]func(t time.Time) time.Time{
		"Year":  func(t time.Time) time.Time { return time.Date(t.Year(), 1, 1, 0, 0, 0, 0, time.UTC) },
		"Month": func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC) },
		"Week": func(t time.Time) time.Time {
			return time.Date(t.Year(), t.Month(), t.Day()-(int(t.Weekday())+6)%7, 0, 0, 0, 0, time.UTC)
		},
		"Day":  func(t time.Time) time.Time { return t.Truncate(24 * time.Hour) },
		"Hour": func(t time.Time) time.Time { return t.Truncate(time.Hour) },
	} {
		of, ok := strings.CutSuffix(field, unit)
		if column := r.table.Field(of); ok && column != nil {
			switch v := r.values[column.Name].(type) {
			case time.Time:
				return cut(v)
			case string: // a day
				t, _ := time.Parse(time.DateOnly, v)
				return cut(t).Format(time.DateOnly)
			}
			return nil
		}
	}
	panic("nothing has " + field + " in common")
}

// come is what a function comes to of a column.
func come(function string, column *orm.Column, rows []*row) (out any) {
	if function == "sum" || function == "avg" {
		return summed(function, column, rows)
	}
	for _, r := range rows {
		v := r.values[column.Name]
		if v != nil && (out == nil || (compareValues(v, out) < 0) == (function == "min")) {
			out = v
		}
	}
	return out
}

// summed adds up a column, exactly: floating-point numbers to 17 digits each.
func summed(function string, column *orm.Column, rows []*row) any {
	sum, count := new(big.Rat), int64(0)
	for _, r := range rows {
		text := fmt.Sprint(r.values[column.Name])
		if f, ok := r.values[column.Name].(float64); ok {
			text = strconv.FormatFloat(f, 'e', 16, 64)
		}
		if x, ok := new(big.Rat).SetString(text); ok {
			sum.Add(sum, x)
			count++
		}
	}
	switch {
	case count == 0:
		return nil
	case column.Kind == orm.Float:
		f, _ := sum.Float64()
		if math.IsInf(f, 0) {
			return nil
		}
		if function == "avg" && math.Abs(f) < 1e-300 {
			return 0.0
		}
		return f / map[string]float64{"sum": 1, "avg": float64(count)}[function]
	case function == "sum" && column.Kind == orm.Int:
		return sum.Num().Int64()
	}
	digits := 0
	for _, c := range column.Table.Aggregates(orm.Sum) {
		if c.Field == column.Field {
			digits = c.Digits()
		}
	}
	if function == "avg" {
		digits += 6
		sum.Quo(sum, new(big.Rat).SetInt64(count))
	}
	text := sum.FloatString(digits) // rounds half away from zero
	if strings.Trim(text, "-0.") == "" {
		text = strings.TrimPrefix(text, "-")
	}
	return orm.Decimal(text)
}

func (n *naive) aggregate(selections []*selection, table *orm.Table, rows []*row) {
	n.members(selections, table.Type+"Aggregate", func(f *collected) {
		if f.name != "count" {
			answers := map[string]string{"min": "Extremes", "max": "Extremes", "sum": "Sums", "avg": "Averages"}[f.name]
			n.members(f.inner, table.Type+answers, func(c *collected) {
				v, kind := come(f.name, table.Field(c.name), rows), table.Field(c.name).Kind
				if _, isInt := v.(int64); isInt && f.name == "sum" {
					kind = orm.Long
				} else if f.name == "sum" || f.name == "avg" {
					kind = orm.Numeric
				}
				n.kind(kind, v)
			})
			return
		}
		if f.args == nil {
			n.value(int64(len(rows)))
			return
		}
		different := map[string]bool{}
		for _, r := range rows {
			if v := n.common(r, fieldOf(f.args.counted)); v != nil {
				different[fmt.Sprint(v)] = true
			}
		}
		n.value(int64(len(different)))
	})
}

type rowGroup struct {
	key  []any // in the order of by
	rows []*row
}

func (n *naive) groups(f *collected, table *orm.Table, rows []*row, path string) {
	asked := f.args.grouping
	var groups []*rowGroup
	for _, r := range rows {
		var key []any
		for _, name := range asked.by {
			key = append(key, n.common(r, fieldOf(name)))
		}
		i := slices.IndexFunc(groups, func(g *rowGroup) bool { return fmt.Sprintf("%#v", g.key) == fmt.Sprintf("%#v", key) })
		if i < 0 {
			i = len(groups)
			groups = append(groups, &rowGroup{key: key})
		}
		groups[i].rows = append(groups[i].rows, r)
	}
	groups = slices.DeleteFunc(groups, func(g *rowGroup) bool { return !has(table, g.rows, asked.having) })
	value := func(g *rowGroup, name string) any {
		if name == "COUNT" {
			return int64(len(g.rows))
		}
		if i := slices.Index(asked.by, name); i >= 0 {
			return g.key[i]
		}
		function, of, _ := strings.Cut(name, "_")
		return come(strings.ToLower(function), table.Field(fieldOf(of)), g.rows)
	}
	slices.SortFunc(groups, func(a, b *rowGroup) int {
		order := slices.Clone(asked.order)
		for _, name := range asked.by {
			order = append(order, map[string]any{"field": name})
		}
		for _, o := range order {
			o := o.(map[string]any)
			x, y := value(a, o["field"].(string)), value(b, o["field"].(string))
			c := btoi(x == nil) - btoi(y == nil)
			if x != nil && y != nil {
				c = compareValues(x, y)
			}
			if o["direction"] == "DESC" {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
	each(n, groups[:min(len(groups), asked.first)], func(g *rowGroup) {
		n.members(f.inner, table.Type+"Group", func(f *collected) {
			if f.name == "aggregate" {
				n.aggregate(f.inner, table, g.rows)
				return
			}
			n.members(f.inner, table.Type+"GroupKey", func(k *collected) {
				var v any
				if i := slices.IndexFunc(asked.by, func(name string) bool { return fieldOf(name) == k.name }); i >= 0 {
					v = g.key[i]
				}
				relation := table.Relation(k.name)
				switch column := table.Field(k.name); {
				case v == nil || column == nil && relation == nil: // a time that is cut off
					n.value(v)
					return
				case relation == nil:
					n.kind(column.Kind, v)
					return
				}
				path := path + "." + f.key + "." + k.key
				n.visit(path, relation.Coordinate())
				n.object(k.inner, n.find(relation.To, v.(int64)), path)
			})
		})
	})
}

// has tells whether a group meets conditions.
func has(table *orm.Table, rows []*row, having map[string]any) bool {
	for name, v := range having {
		inner, _ := v.(map[string]any)
		ok := true
		switch name {
		case "and", "or":
			fails := func(v any) bool { return has(table, rows, v.(map[string]any)) == (name == "or") }
			ok = slices.ContainsFunc(v.([]any), fails) == (name == "or")
		case "not":
			ok = !has(table, rows, inner)
		case "count":
			for operator, v := range inner {
				list, isList := v.([]any)
				if !isList {
					list = []any{v}
				}
				n := len(rows)
				in := slices.ContainsFunc(list, func(v any) bool { return v.(int) == n })
				c := 0
				if len(list) > 0 {
					c = cmp.Compare(n, list[0].(int))
				}
				ok = ok && map[string]bool{"eq": in, "in": in, "ne": !in, "notIn": !in, "lt": c < 0, "lte": c <= 0, "gt": c > 0, "gte": c >= 0}[operator]
			}
		default:
			for field, operators := range inner {
				column := table.Field(field)
				stored := come(name, column, rows)
				if name == "min" || name == "max" {
					ok = ok && passesColumn(column, stored, operators.(map[string]any))
					continue
				}
				for operator, v := range operators.(map[string]any) {
					if text, isText := v.(string); isText {
						v = orm.Decimal(text)
					}
					if n, isInt := stored.(int64); isInt {
						stored = orm.Decimal(strconv.FormatInt(n, 10))
					}
					c := 0
					if stored != nil {
						c = compareValues(stored, v)
					}
					ok = ok && stored != nil && map[string]bool{"eq": c == 0, "ne": c != 0, "lt": c < 0, "lte": c <= 0, "gt": c > 0, "gte": c >= 0}[operator]
				}
			}
		}
		if !ok {
			return false
		}
	}
	return true
}

// having makes conditions on groups.
func (g *filterWorld) having(table *orm.Table, depth int) map[string]any {
	out := map[string]any{}
	for range []int{1, 1, 1, 2, 0}[g.IntN(5)] {
		switch choice := g.IntN(8); {
		case choice < 2 && depth > 0:
			list := make([]any, 1+g.IntN(3))
			for i := range list {
				list[i] = g.having(table, depth-1)
			}
			out[[]string{"and", "or"}[choice]] = list
		case choice == 2 && depth > 0:
			out["not"] = g.having(table, depth-1)
		case choice < 5:
			operator := []string{"eq", "ne", "lt", "lte", "gt", "gte", "in", "notIn"}[g.IntN(8)]
			var v any = g.IntN(4)
			if strings.HasSuffix(strings.ToLower(operator), "in") {
				v = []any{g.IntN(3), 1 + g.IntN(3)}[:g.IntN(3)]
			}
			out["count"] = map[string]any{operator: v}
		case choice == 5 && len(table.Aggregates(orm.Sum)) > 0: // what some rows come to
			columns, rows := table.Aggregates(orm.Sum), g.all(table)
			column, function := table.Field(columns[g.IntN(len(columns))].Field), []string{"sum", "avg"}[g.IntN(2)]
			from := g.IntN(len(rows) + 1)
			operand := come(function, column, rows[from:min(len(rows), from+1+g.IntN(3))])
			switch v := operand.(type) {
			case nil:
				continue
			case int64:
				operand = strconv.FormatInt(v, 10)
			case orm.Decimal:
				operand = string(v)
			}
			out[function] = map[string]any{column.Field: map[string]any{[]string{"eq", "ne", "lt", "lte", "gt", "gte"}[g.IntN(6)]: operand}}
		default:
			of := map[string]any{}
			for range 1 + g.IntN(2) {
				columns := table.Aggregates(orm.Min)
				c := columns[g.IntN(len(columns))]
				of[c.Field] = g.operators(table.Field(c.Field))
			}
			out[[]string{"min", "max"}[g.IntN(2)]] = of
		}
	}
	return out
}

// groups makes the arguments of groups.
func (g *generator) groups(table *orm.Table) *arguments {
	asked := &grouping{first: 20}
	a := &arguments{grouping: asked}
	var parts []string
	add := func(name, typeText string, value any, literal string) {
		if g.chance(1, 3) {
			literal = g.variable(typeText, value)
		}
		parts = append(parts, name+": "+literal)
	}
	fields := g.schema.Types[table.Type+"GroupField"].EnumValues
	for range 1 + g.r.IntN(3) {
		name := fields[g.r.IntN(len(fields))].Name
		if g.chance(1, 3) && table.Relation(fieldOf(fields[0].Name)) != nil { // relations come first
			name = fields[0].Name
		}
		if !slices.Contains(asked.by, name) {
			asked.by = append(asked.by, name)
		}
	}
	if len(asked.by) == 1 && g.chance(1, 3) {
		add("by", "["+table.Type+"GroupField!]!", asked.by[0], asked.by[0])
	} else {
		add("by", "["+table.Type+"GroupField!]!", asked.by, "["+strings.Join(asked.by, ", ")+"]")
	}
	if g.chance(1, 3) {
		asked.having = (&filterWorld{Rand: g.r, filter: filter{world: g.world}}).having(table, 2)
		add("having", table.Type+"Having", asked.having, literal(asked.having))
	}
	if g.chance(1, 2) {
		orders := slices.DeleteFunc(slices.Clone(g.schema.Types[table.Type+"GroupOrderField"].EnumValues), func(v *ast.EnumValueDefinition) bool {
			isKey := slices.ContainsFunc(fields, func(f *ast.EnumValueDefinition) bool { return f.Name == v.Name })
			return isKey && !slices.Contains(asked.by, v.Name)
		})
		var literals []string
		for range 1 + g.r.IntN(2) {
			name, direction := orders[g.r.IntN(len(orders))].Name, []string{"ASC", "DESC"}[g.r.IntN(2)]
			asked.order = append(asked.order, map[string]any{"field": name, "direction": direction})
			literals = append(literals, "{field: "+name+", direction: "+direction+"}")
		}
		add("orderBy", "["+table.Type+"GroupOrder!]", asked.order, "["+strings.Join(literals, ", ")+"]")
	}
	if g.chance(2, 3) {
		asked.first = []int{0, 1, 2, 3, 5, 100}[g.r.IntN(6)]
		add("first", "Int", asked.first, strconv.Itoa(asked.first))
	}
	g.r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	a.text = "(" + strings.Join(parts, ", ") + ")"
	return a
}

// distinct makes the argument of a count.
func (g *generator) distinct(typeName string) *arguments {
	if g.chance(1, 3) {
		return nil
	}
	fields := g.schema.Types[strings.TrimSuffix(typeName, "Aggregate")+"GroupField"].EnumValues
	a := &arguments{counted: fields[g.r.IntN(len(fields))].Name}
	a.text = "(distinct: " + a.counted + ")"
	if g.chance(1, 3) {
		a.text = "(distinct: " + g.variable(strings.TrimSuffix(typeName, "Aggregate")+"GroupField", a.counted) + ")"
	}
	return a
}
