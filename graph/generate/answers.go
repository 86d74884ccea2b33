package main

import (
	"reflect"

	"kith/db"
)

// answers is the schema of what db answers besides rows.
func (w *writer) answers() string {
	w.b.Reset()
	w.b.WriteString("# " + marked + "\n")
	w.object("PageInfo", reflect.TypeFor[db.PageInfo]())
	w.object("UserError", reflect.TypeFor[db.Fault]())
	w.object("CascadeCount", reflect.TypeFor[db.CascadeCount]())
	return w.b.String()
}

// object writes a Go struct as an object type, and the enums in it.
func (w *writer) object(name string, object reflect.Type) {
	var enums []reflect.Type
	w.block(w.source.doc(object.Name(), "").text+".", "type "+name, func() {
		for _, f := range reflect.VisibleFields(object) {
			typ, null := f.Type, "!"
			if typ.Kind() == reflect.Pointer {
				typ, null = typ.Elem(), ""
			}
			scalar := map[reflect.Kind]string{reflect.String: "String", reflect.Int: "Int", reflect.Bool: "Boolean", reflect.Slice: "[String!]"}[typ.Kind()]
			switch {
			case typ.Kind() == reflect.Slice: // nil is null
				null = ""
			case typ.Name() != typ.Kind().String():
				scalar = typ.Name()
				enums = append(enums, typ)
			}
			w.field(w.source.doc(object.Name(), f.Name).text+".", lowerFirst(f.Name)+": "+scalar+null)
		}
	})
	for _, enum := range enums {
		w.enum(enum.Name())
	}
}

// enum writes a string type and its constants.
func (w *writer) enum(name string) {
	about := w.source.doc(name, "").text
	if about == "" {
		about = "What " + withArticle(words(name)) + " can be"
	}
	w.block(about+".", "enum "+name, func() {
		for _, c := range w.source.constants[name] {
			about := w.source.doc(name, c.name).text
			if about == "" {
				about = upperFirst(words(c.name))
			}
			w.field(about+".", c.value)
		}
	})
}
