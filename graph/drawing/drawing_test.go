package drawing

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"kith/db"
	"kith/db/orm"
)

// A node is a table that leads to itself and to another two times.
type node struct {
	orm.Row
	ParentKey *int64 `db:"parent_id"`
	LeafKey   *int64 `db:"leaf_id"`
	OtherKey  *int64 `db:"other_id"`
	Name      string `db:"name" rule:"1..100"`
}

type leaf struct {
	orm.Row
	Label string `db:"label" rule:"1..100"`
}

type alone struct {
	orm.Row
	Text string `db:"text" rule:"1..100"`
}

// shapes is a page with the relations that the product's has not.
func shapes() []*orm.Table {
	m := orm.NewModel(os.DirFS("."))
	nodes := orm.Declare[node](m, "nodes")
	leaves := orm.Declare[leaf](m, "leaves", orm.VisibleTo())
	orm.Declare[alone](m, "alones")
	orm.OneToMany(nodes, "children", nodes, "parent", "parent_id", orm.Cascade)
	orm.OneToMany(leaves, "nodes", nodes, "leaf", "leaf_id", orm.Detach)
	orm.OneToMany(leaves, "others", nodes, "other", "other_id", orm.Detach)
	return m.Tables()
}

// Whatever the page, every table and every relation is drawn, once, inside of the picture, and no box over another.
func TestEverythingIsDrawn(t *testing.T) {
	for name, tables := range map[string][]*orm.Table{"product": db.Model.Tables(), "shapes": shapes()} {
		t.Run(name, func(t *testing.T) {
			picture := SVG(tables, "/#")
			if !bytes.Equal(picture, SVG(tables, "/#")) {
				t.Error("drawn twice it is another")
			}
			relations := 0
			for _, table := range tables {
				relations += len(table.Relations)
				if n := bytes.Count(picture, []byte(`<a href="/#`+table.Type+`">`)); n != 1 {
					t.Errorf("%d links lead to %s", n, table.Type)
				}
			}
			if n := bytes.Count(picture, []byte(`class="relation"`)); 2*n != relations {
				t.Errorf("%d lines for %d directions", n, relations)
			}
			if bytes.Contains(SVG(tables, ""), []byte("<a ")) {
				t.Error("there are links where none is to be")
			}
			var boxes [][4]int
			var width, height int
			decoder := xml.NewDecoder(bytes.NewReader(picture))
			for {
				token, err := decoder.Token()
				if errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatal(err)
				}
				element, ok := token.(xml.StartElement)
				if !ok {
					continue
				}
				values := map[string]string{}
				for _, a := range element.Attr {
					values[a.Name.Local] = a.Value
				}
				number := func(name string) int { n, _ := strconv.Atoi(values[name]); return n }
				switch {
				case element.Name.Local == "svg":
					width, height = number("width"), number("height")
				case values["class"] == "box":
					boxes = append(boxes, [4]int{number("x"), number("y"), number("x") + number("width"), number("y") + number("height")})
				}
			}
			if len(boxes) != len(tables) {
				t.Fatalf("%d boxes for %d tables", len(boxes), len(tables))
			}
			for i, b := range boxes {
				if b[0] < margin || b[1] < margin || b[2] > width-margin || b[3] > height-margin {
					t.Errorf("%v is not inside of %d by %d", b, width, height)
				}
				for _, other := range boxes[:i] {
					if b[0] < other[2] && other[0] < b[2] && b[1] < other[3] && other[1] < b[3] {
						t.Errorf("%v is over %v", b, other)
					}
				}
			}
		})
	}
}

// The picture in the documents is this page's.
func TestDocumentsHaveThePicture(t *testing.T) {
	kept, err := os.ReadFile(filepath.Join("..", "..", "docs", "model.svg"))
	if err != nil || !bytes.Equal(kept, SVG(db.Model.Tables(), "")) {
		t.Errorf("docs/model.svg is not what `make generate` draws: %v", err)
	}
	if n := strings.Count(string(kept), "http"); n != 1 { // its namespace
		t.Error("it asks another host for something")
	}
}
