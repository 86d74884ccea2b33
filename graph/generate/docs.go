package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"strconv"
	"strings"
)

// A source is what reflection does not tell of the page: the comments of its structs, and the names of its variables.
type source struct {
	docs   map[string]string // by type, "User", and by field, "User.Name"
	embeds map[string][]string
	// variables are the Go names of tables by their type, "User", and of relations by their coordinate, "User.posts".
	variables map[string]string
	constants map[string][]constant // of string types, in their order
	methods   map[string]bool       // "User.DisplayName"
}

// A constant is a value of a string type.
type constant struct{ name, value string }

// readSource reads the Go files of the page's directory, and of the engine's, whose types the structs of the page embed.
func readSource(page, engine fs.FS) (*source, error) {
	s := &source{docs: map[string]string{}, embeds: map[string][]string{}, variables: map[string]string{}, constants: map[string][]constant{}, methods: map[string]bool{}}
	var relations []*ast.ValueSpec
	types := map[string]string{} // of tables, by their variable
	err := eachDeclaration(page, func(files *token.FileSet, file *ast.File, d ast.Decl) {
		if method, ok := d.(*ast.FuncDecl); ok {
			s.method(method)
		}
		general, ok := d.(*ast.GenDecl)
		if !ok {
			return
		}
		for _, spec := range general.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				s.entity(spec, general, "")
			case *ast.ValueSpec:
				if general.Tok == token.CONST {
					s.constant(spec, "")
				} else if typeName := tableOf(spec); typeName != "" {
					types[spec.Names[0].Name] = typeName
					s.variables[typeName] = spec.Names[0].Name
					s.computed(spec, typeName, func(c *ast.CallExpr) string { return above(files, file, c) })
				} else if len(spec.Names) == 2 && len(spec.Values) == 1 {
					relations = append(relations, spec)
				}
			}
		}
	})
	if err != nil {
		return nil, err
	}
	for _, spec := range relations {
		s.relation(spec, types)
	}
	return s, eachDeclaration(engine, func(_ *token.FileSet, file *ast.File, d ast.Decl) {
		general, ok := d.(*ast.GenDecl)
		if !ok {
			return
		}
		for _, spec := range general.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				s.entity(spec, general, file.Name.Name+".")
			case *ast.ValueSpec:
				s.constant(spec, file.Name.Name+".")
			}
		}
	})
}

// eachDeclaration parses the Go files of a directory but tests and what is generated.
func eachDeclaration(dir fs.FS, each func(*token.FileSet, *ast.File, ast.Decl)) error {
	names, err := fs.Glob(dir, "*.go")
	if err != nil {
		return err
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, ".generated.go") {
			continue
		}
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range file.Decls {
			each(files, file, d)
		}
	}
	return nil
}

// entity reads the comments of a struct and its fields; names of another package than the page's begin with it.
func (s *source) entity(spec *ast.TypeSpec, general *ast.GenDecl, in string) {
	doc := spec.Doc
	if doc == nil && len(general.Specs) == 1 {
		doc = general.Doc
	}
	name := in + spec.Name.Name
	s.docs[name] = doc.Text()
	object, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, f := range object.Fields.List {
		if len(f.Names) == 0 {
			switch embedded := f.Type.(type) {
			case *ast.Ident:
				s.embeds[name] = append(s.embeds[name], embedded.Name)
			case *ast.SelectorExpr:
				if from, ok := embedded.X.(*ast.Ident); ok {
					s.embeds[name] = append(s.embeds[name], from.Name+"."+embedded.Sel.Name)
				}
			}
		}
		comment := f.Doc
		if comment == nil {
			comment = f.Comment
		}
		for _, n := range f.Names {
			s.docs[name+"."+n.Name] = comment.Text()
		}
	}
}

// method reads `func (r Type) Name(…)`.
func (s *source) method(f *ast.FuncDecl) {
	if f.Recv == nil {
		return
	}
	receiver := f.Recv.List[0].Type
	if pointer, ok := receiver.(*ast.StarExpr); ok {
		receiver = pointer.X
	}
	if of, ok := receiver.(*ast.Ident); ok {
		name := of.Name + "." + f.Name.Name
		s.methods[name] = true
		s.docs[name] = f.Doc.Text()
	}
}

// computed reads the comments of `orm.Computed("field", …)` among the options of a table; a method's are the method's own.
func (s *source) computed(spec *ast.ValueSpec, typeName string, comment func(*ast.CallExpr) string) {
	table, _ := spec.Values[0].(*ast.CallExpr) // tableOf has seen it
	for _, option := range table.Args {
		call, isCall := option.(*ast.CallExpr)
		if !isCall || len(call.Args) == 0 {
			continue
		}
		function, isName := call.Fun.(*ast.SelectorExpr)
		field, isText := call.Args[0].(*ast.BasicLit)
		if text := comment(call); isName && isText && function.Sel.Name == "Computed" && text != "" {
			if name, err := strconv.Unquote(field.Value); err == nil {
				s.docs[typeName+"."+upperFirst(name)] = text
			}
		}
	}
}

// above is the comment on the lines right above a call.
func above(files *token.FileSet, file *ast.File, call *ast.CallExpr) string {
	for _, c := range file.Comments {
		if files.Position(c.End()).Line == files.Position(call.Pos()).Line-1 {
			return c.Text()
		}
	}
	return ""
}

// constant reads `Name Type = "value"`; names of another package than the page's begin with it.
func (s *source) constant(spec *ast.ValueSpec, in string) {
	typeName, named := spec.Type.(*ast.Ident)
	if !named || len(spec.Names) != 1 || len(spec.Values) != 1 {
		return
	}
	if literal, ok := spec.Values[0].(*ast.BasicLit); ok && literal.Kind == token.STRING {
		text, _ := strconv.Unquote(literal.Value) // the parser has
		s.constants[in+typeName.Name] = append(s.constants[in+typeName.Name], constant{spec.Names[0].Name, text})
		comment := spec.Doc
		if comment == nil {
			comment = spec.Comment
		}
		s.docs[in+typeName.Name+"."+spec.Names[0].Name] = comment.Text()
	}
}

// tableOf is T of `Name = orm.Declare[T](…)`; "" if the declaration is another.
func tableOf(spec *ast.ValueSpec) string {
	if len(spec.Names) != 1 || len(spec.Values) != 1 {
		return ""
	}
	call, ok := spec.Values[0].(*ast.CallExpr)
	if !ok {
		return ""
	}
	index, ok := call.Fun.(*ast.IndexExpr)
	if !ok {
		return ""
	}
	function, isName := index.X.(*ast.SelectorExpr)
	entity, isType := index.Index.(*ast.Ident)
	if !isName || !isType || function.Sel.Name != "Declare" {
		return ""
	}
	return entity.Name
}

// relation reads `There, Back = orm.OneToMany(From, "there", To, "back", …)`.
func (s *source) relation(spec *ast.ValueSpec, types map[string]string) {
	call, ok := spec.Values[0].(*ast.CallExpr)
	if !ok || len(call.Args) < 4 {
		return
	}
	for i, name := range spec.Names {
		table, isTable := call.Args[2*i].(*ast.Ident)
		field, isField := call.Args[2*i+1].(*ast.BasicLit)
		if !isTable || !isField || types[table.Name] == "" {
			return
		}
		if text, err := strconv.Unquote(field.Value); err == nil {
			s.variables[types[table.Name]+"."+text] = name.Name
		}
	}
}

// variable is the Go name of a table or relation.
func (s *source) variable(of string) (string, error) {
	name, ok := s.variables[of]
	if !ok || name == "_" {
		return "", fmt.Errorf("%s has no name on the page: declare it as a variable of its own", of)
	}
	return name, nil
}

// A doc is a Go comment as the schema shows it.
type doc struct {
	article    string // of "A User is …"; "" if the comment begins otherwise
	text       string // without a full stop at its end
	deprecated string // what the paragraph "Deprecated: …" says
}

// doc is the comment of a struct, or of a field of it, which may be one of an embedded struct.
func (s *source) doc(typeName, field string) doc {
	name := typeName[strings.LastIndexByte(typeName, '.')+1:]
	text, ok := s.docs[typeName], true
	if field != "" {
		name = field
		text, ok = s.docs[typeName+"."+field]
	}
	for _, embedded := range s.embeds[typeName] {
		if !ok {
			return s.doc(embedded, field)
		}
	}
	var d doc
	var kept []string
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		paragraph = strings.Join(strings.Fields(paragraph), " ")
		if reason, ok := strings.CutPrefix(paragraph, "Deprecated: "); ok {
			d.deprecated = upperFirst(reason)
		} else if paragraph != "" {
			kept = append(kept, paragraph)
		}
	}
	d.text = strings.TrimSuffix(strings.Join(kept, " "), ".")
	for _, article := range []string{"A", "An", "The"} {
		if rest, ok := strings.CutPrefix(d.text, article+" "+name+" is "); ok {
			d.text, d.article = upperFirst(rest), strings.ToLower(article)
		}
	}
	if rest, ok := strings.CutPrefix(d.text, name+" is "); ok {
		d.text = upperFirst(rest)
	}
	return d
}
