package main

import (
	"reflect"
	"strings"

	"kith/db/orm"
)

// answers is the schema of what db answers besides rows.
func (w *writer) answers() string {
	w.b.Reset()
	w.b.WriteString("# " + marked + "\n")
	w.object("PageInfo", reflect.TypeFor[orm.PageInfo]())
	w.object("UserError", reflect.TypeFor[orm.Fault]())
	w.object("CascadeCount", reflect.TypeFor[orm.CascadeCount]())
	return w.b.String()
}

// object writes a Go struct as an object type, and the enums in it.
func (w *writer) object(name string, object reflect.Type) {
	var enums []reflect.Type
	w.block(w.source.doc(object.String(), "").text+".", "type "+name, func() {
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
			w.field(w.source.doc(object.String(), f.Name).text+".", lowerFirst(f.Name)+": "+scalar+null)
		}
	})
	for _, enum := range enums {
		w.enum(enum.String())
	}
}

// enum writes a string type and its constants. A type of the engine is named with its package.
func (w *writer) enum(of string) {
	name := of[strings.LastIndexByte(of, '.')+1:]
	about := w.source.doc(of, "").text
	if about == "" {
		about = "What " + withArticle(orm.Spoken(name)) + " can be"
	}
	w.block(about+".", "enum "+name, func() {
		for _, c := range w.source.constants[of] {
			about := w.source.doc(of, c.name).text
			if about == "" {
				about = upperFirst(orm.Spoken(c.name))
			}
			w.field(about+".", c.value)
		}
	})
}
