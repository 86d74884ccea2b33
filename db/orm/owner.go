package orm

import (
	"slices"
	"strings"
)

// ErrAnonymous is what is answered to whoever must log in first.
var ErrAnonymous = Errorf(Unauthenticated, "log in first")

// Own decides, before any row is looked up, for whom the viewer may write what the draft asks for: rows of their own, and
// an admin anybody's. Where the page names others who may write a row, they do not choose whose it is either. A new row whose input names no owner becomes the viewer's; one that hangs on its owner has it from
// there. Create and Update ask it again, whoever made the draft.
func (d *Draft) Own(v Viewer) (faults []Fault, err error) {
	for _, d := range d.all() {
		more, err := d.own(v)
		if err != nil {
			return nil, err
		}
		faults = append(faults, more...)
	}
	return faults, nil
}

func (d *Draft) own(v Viewer) ([]Fault, error) {
	owner := d.table.owner
	for _, l := range d.links {
		if l.replace && !d.isNew && !v.Admin && l.relation.OfTheirs() {
			return nil, Errorf(Forbidden, "only admins may take links away from rows of others: %s", strings.Join(l.path, "."))
		}
	}
	switch {
	case v.Key == 0 && !v.Admin && d.under != nil && !d.isNew:
		return nil, ErrAnonymous
	case v.Key == 0 && !v.Admin && !d.table.Signup() && (d.under == nil || d.under.Theirs != owner):
		return nil, ErrAnonymous
	case !v.Admin && d.ownColumns(v) != nil:
		return nil, d.ownColumns(v)
	case owner == nil || owner == d.table.KeyColumn() || d.under != nil && d.under.Theirs == owner:
		return nil, nil
	}
	given, ok := d.Value(owner.Name)
	switch {
	case ok && !v.Admin && given != v.Key && (given != nil || d.isNew || d.under != nil):
		return nil, Errorf(Forbidden, "only admins may choose another user")
	case ok || !d.isNew || slices.Contains(d.refused, owner):
	case v.Key != 0:
		d.Default(owner, v.Key)
	case !owner.Nullable:
		return []Fault{{Blank, "must be given", at(d.path, owner.Field)}}, nil
	}
	return nil, nil
}

// owns tells whether the viewer may write the rows of a user; those of 0 are nobody's.
func (v Viewer) owns(user int64) bool { return v.Admin || v.Key != 0 && user == v.Key }

// made is the draft of a row that an update makes: it belongs to the viewer if the input does not say to whom.
func (d *Draft) made(v Viewer) (*Draft, []Fault, error) {
	made := *d
	made.values, made.isNew = slices.Clone(d.values), true
	faults, err := made.own(v)
	return &made, faults, err
}
