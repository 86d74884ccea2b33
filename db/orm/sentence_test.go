package orm

import "testing"

func TestFaultsAreSentences(t *testing.T) {
	for want, fault := range map[string]Fault{
		"Title must not be blank.":                               {Message: "must not be blank", Field: []string{"input", "posts", "1", "title"}},
		"Full name must have at most 100 characters.":            {Message: "must have at most 100 characters", Field: []string{"input", "profile", "fullName"}},
		"An item of tags is taken.":                              {Message: "is taken", Field: []string{"input", "tags", "0"}},
		"This must stay.":                                        {Message: "must stay"},
		"This cannot be.":                                        {Message: "cannot be", Field: []string{"3"}},
		"This is in use; `force: true` deletes it all the same.": {Message: "is in use; `force: true` deletes it all the same", Field: []string{"input", "id"}},
		"There is no such user.":                                 {Message: "there is no such user", Field: []string{"input", "userId"}},
		"Give `set`, or `add`.":                                  {Message: "give `set`, or `add`", Field: []string{"input", "tags"}},
		"Écoute must be short.":                                  {Message: "must be short", Field: []string{"écoute"}},
		"Who?":                                                   {Message: "who?"},
		"`a` is not `b`.":                                        {Message: "`a` is not `b`"},
		"Whole already.":                                         {Message: "Whole already.", Field: []string{"x"}},
		"":                                                       {},
	} {
		if got := fault.Sentence(); got != want {
			t.Errorf("%q of %q is %q, not %q", fault.Message, fault.Field, got, want)
		}
	}
}
