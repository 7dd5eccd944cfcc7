package admin_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/admin"
	"github.com/dankerchat/dankerchat/contracts"
)

func TestProfileFields(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		fields := []contracts.ProfileField{{Key: "team", Label: " Team "}, {Key: "desk_2", Label: strings.Repeat("ä", 40)}}
		set, err := w.UpdateSettings(t.Context(), contracts.Operator, admin.SettingsUpdate{ProfileFields: &fields}, 0)
		if err != nil || len(set.ProfileFields) != 2 || set.ProfileFields[0] != (contracts.ProfileField{Key: "team", Label: "Team"}) {
			t.Fatalf("%+v, %v", set, err)
		}
		read, err := w.ProfileFields(t.Context(), w.db.Read)
		if err != nil || !slices.Equal(read, set.ProfileFields) {
			t.Errorf("read %+v, %v", read, err)
		}
		eight := make([]contracts.ProfileField, 0, 9)
		for i := range 8 {
			eight = append(eight, contracts.ProfileField{Key: fmt.Sprintf("f%d", i), Label: "x"})
		}
		for _, c := range []struct {
			name   string
			fields []contracts.ProfileField
			field  string
		}{
			{"eight", eight, ""},
			{"none", nil, ""},
			{"nine", append(slices.Clone(eight), contracts.ProfileField{Key: "f9", Label: "x"}), "/profile_fields"},
			{"a key twice", []contracts.ProfileField{{Key: "a", Label: "x"}, {Key: "a", Label: "y"}}, "/profile_fields/1/key"},
			{"a key in capitals", []contracts.ProfileField{{Key: "A", Label: "x"}}, "/profile_fields/0/key"},
			{"a key of 33 letters", []contracts.ProfileField{{Key: strings.Repeat("a", 33), Label: "x"}}, "/profile_fields/0/key"},
			{"no label", []contracts.ProfileField{{Key: "a"}}, "/profile_fields/0/label"},
			{"a label of 41 characters", []contracts.ProfileField{{Key: "a", Label: strings.Repeat("x", 41)}}, "/profile_fields/0/label"},
			{"a label of two lines", []contracts.ProfileField{{Key: "a", Label: "x\ny"}}, "/profile_fields/0/label"},
			{"a label that turns the text around", []contracts.ProfileField{{Key: "a", Label: "x\u202ey"}}, "/profile_fields/0/label"},
		} {
			_, err := w.UpdateSettings(t.Context(), contracts.Operator, admin.SettingsUpdate{ProfileFields: &c.fields}, 0)
			var e *contracts.Error
			if (c.field == "") != (err == nil) || c.field != "" && (!errors.As(err, &e) || e.Field != c.field) {
				t.Errorf("%s: %v, want an error at %q", c.name, err, c.field)
			}
		}
	})
}
