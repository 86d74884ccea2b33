package document

import (
	"math"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"

	"kith/db/orm"
	"kith/graph/plan"
)

// What a gateway of Apollo Federation asks of a subgraph, where the schema has it: `_service`, and `_entities`, which is `nodes` by other words.
const (
	serviceField  = "_service"
	entitiesField = "_entities"
	anyScalar     = "_Any"
	entityType    = "_Entity"
)

// representations are an argument of `_entities`, and the variable that stands for their ids.
type representations struct {
	variable string
	value    *ast.Value
}

// entities makes every `_entities` of a document a `nodes`, whose ids are worked out for each request, and refuses `_service` but where it
// is asked for alone.
func (s *Store) entities(doc *ast.QueryDocument) (all []representations, err error) {
	if s.schema.Types[entityType] == nil {
		return nil, nil
	}
	node := s.schema.Query.Fields.ForName("nodes")
	var walk func(ast.SelectionSet) bool
	walk = func(set ast.SelectionSet) (services bool) {
		for _, selection := range set {
			switch x := selection.(type) {
			case *ast.InlineFragment:
				x.TypeCondition = entityAsNode(x.TypeCondition)
				services = walk(x.SelectionSet) || services
			case *ast.Field:
				services = walk(x.SelectionSet) || services
				switch x.Name {
				case serviceField:
					services = true
				case entitiesField:
					r := representations{plan.Representations + strconv.Itoa(len(all)), x.Arguments.ForName("representations").Value}
					all = append(all, r)
					x.Name, x.Definition = node.Name, node
					x.Arguments = ast.ArgumentList{{Name: "ids", Value: &ast.Value{Kind: ast.Variable, Raw: r.variable, Position: r.value.Position}, Position: r.value.Position}}
				}
			}
		}
		return services
	}
	services := false
	for _, o := range doc.Operations {
		alone := o.Operation == ast.Query
		for _, selection := range o.SelectionSet {
			f, ok := selection.(*ast.Field)
			alone = alone && ok && (f.Name == serviceField || f.Name == "__typename")
		}
		services = walk(o.SelectionSet) && !alone || services
	}
	for _, f := range doc.Fragments {
		f.TypeCondition = entityAsNode(f.TypeCondition)
		services = walk(f.SelectionSet) || services
	}
	if services {
		return nil, orm.Errorf(validationFailed, "`%s` is asked for alone", serviceField)
	}
	return all, nil
}

func entityAsNode(condition string) string {
	if condition == entityType {
		return "Node"
	}
	return condition
}

// ids are what representations stand for. One that cannot be a row of its type is the id of nothing.
func (s *Store) ids(r representations, variables map[string]any) ([]any, error) {
	value, err := r.value.Value(variables)
	if err != nil {
		return nil, orm.Errorf(orm.BadRequest, "`representations` cannot be read")
	}
	list, isList := value.([]any)
	if !isList {
		list = []any{value}
	}
	ids := make([]any, len(list))
	for i, item := range list {
		object, _ := item.(map[string]any)
		name, _ := object["__typename"].(string)
		id, _ := object["id"].(string)
		table, _, ok := s.db.Model().ParseGlobalID(id)
		if ids[i] = id; !ok || table.Type != name {
			if table = s.db.Model().TableOf(name); table == nil {
				table = s.db.Model().Tables()[0]
			}
			ids[i] = orm.GlobalID(table, math.MaxInt64)
		}
	}
	return ids, nil
}
