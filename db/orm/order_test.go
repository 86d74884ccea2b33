package orm

import (
	"strings"
	"testing"
)

// A step of an order is exactly one thing, within the bounds; what is not says what is wrong with it.
func TestParseOrder(t *testing.T) {
	through := func(n int, inner object) object {
		for i := range n {
			inner = object{[]string{"profile", "user"}[(n-1-i)%2]: inner}
		}
		return inner
	}
	for _, c := range []struct {
		table *Table
		input object
		want  string // the column, or what the error has in it
	}{
		{Posts.Table, object{"field": "TITLE"}, "title"},
		{Posts.Table, object{"field": "TITLE", "direction": "DESC", "author": nil}, "title-"},
		{Posts.Table, object{"field": "TAGS_COUNT"}, "tags_count"},
		{Posts.Table, object{"author": object{"field": "NAME", "direction": "DESC"}, "direction": "ASC"}, "author.name-"},
		{Posts.Table, object{"author": object{"profile": object{"field": "FULL_NAME"}}}, "author.profile.full_name"},
		{Posts.Table, object{"author": object{"field": "POSTS_COUNT"}}, "author.posts_count"},
		{Users.Table, through(MaxReach, object{"field": "ID"}), "profile.user.profile.id"},
		{Users.Table, through(MaxReach+1, object{"field": "ID"}), "may cross 3 relations"},
		{Posts.Table, object{}, "exactly one"},
		{Posts.Table, object{"direction": "DESC"}, "exactly one"},
		{Posts.Table, object{"field": nil}, "exactly one"},
		{Posts.Table, object{"field": "TITLE", "author": object{"field": "NAME"}}, "exactly one"},
		{Posts.Table, object{"author": object{}}, "exactly one"},
		{Posts.Table, object{"author": object{"field": "NAME"}, "direction": "DESC"}, "stands inside of `author`"},
		{Posts.Table, object{"tags": object{"field": "NAME"}}, "cannot be through tags"},
		{Posts.Table, object{"field": "PASSWORD"}, "cannot be PASSWORD"},
		{Posts.Table, object{"author": object{"field": "RELEVANCE"}}, "cannot be RELEVANCE"},
	} {
		o, err := ParseOrder(c.table, c.input)
		if err != nil {
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v: %v", c.input, err)
			}
			continue
		}
		got := o.Column.Name
		if o.Desc {
			got += "-"
		}
		if got != c.want {
			t.Errorf("%v: %s, want %s", c.input, got, c.want)
		}
	}
}

// What stands at the end of a way may be missing, unless every step of it leads to a row that everybody sees.
func TestReachNullable(t *testing.T) {
	for way, nullable := range map[string]bool{"author.name": false, "author.profile.full_name": true, "author.profile.id": true, "author.address.email_address": true,
		"author.profile.user.name": true, "author.posts_count": false, "author.address.created_at": true} {
		if got := looking(t, nil, Posts.Table, nil, way).Page.Order[0].Column.Nullable; got != nullable {
			t.Errorf("%s: %v", way, got)
		}
	}
}
