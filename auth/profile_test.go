package auth_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
)

func withFields(c *auth.Config) {
	c.ProfileFields = func(context.Context, eventlog.Querier) ([]contracts.ProfileField, error) {
		return []contracts.ProfileField{{Key: "team", Label: "Team"}, {Key: "desk", Label: "Desk"}}, nil
	}
}

func TestProfile(t *testing.T) {
	each(t, func(w *world) {
		member, other, admin := w.user("member1", contracts.RoleMember), w.user("other", contracts.RoleMember), w.user("admin1", contracts.RoleAdmin)
		head := w.head()
		change := auth.UserUpdate{
			Title: new(" Keeper of the keys "), Pronouns: new("they/them"), TimeZone: new("Europe/Berlin"), Locale: new("DE-ch"),
			Fields: map[string]string{"team": "Core ", "desk": "4.17"},
		}
		for range 2 { // the second changes nothing
			u, err := w.UpdateUser(w.ctx, member, member.UserID, change)
			w.must(err)
			if u.Title != "Keeper of the keys" || u.Pronouns != "they/them" || u.TimeZone != "Europe/Berlin" || u.Locale != "de-CH" || !maps.Equal(u.Fields, map[string]string{"team": "Core", "desk": "4.17"}) {
				t.Errorf("got %+v", u)
			}
		}
		if types := w.types(head); len(types) != 1 || types[0] != contracts.EventUserUpdated {
			t.Errorf("events %v", types)
		}
		u, err := w.UpdateUser(w.ctx, admin, member.UserID, auth.UserUpdate{Title: new(""), Fields: map[string]string{"desk": ""}})
		w.must(err)
		if u.Title != "" || !maps.Equal(u.Fields, map[string]string{"team": "Core"}) || u.Pronouns != "they/them" {
			t.Errorf("after clearing: %+v", u)
		}
		read, err := w.UserFor(w.ctx, other, member.UserID)
		w.must(err)
		if read.TimeZone != "Europe/Berlin" || read.Fields["team"] != "Core" {
			t.Errorf("another reads %+v", read)
		}
		for _, c := range []struct {
			name   string
			actor  contracts.Actor
			change auth.UserUpdate
			want   error
			field  string
		}{
			{"a zone that is none", member, auth.UserUpdate{TimeZone: new("Europe/Nowhere")}, contracts.ErrInvalid, "/time_zone"},
			{"the zone of this machine", member, auth.UserUpdate{TimeZone: new("Local")}, contracts.ErrInvalid, "/time_zone"},
			{"a path for a zone", member, auth.UserUpdate{TimeZone: new("../../etc/passwd")}, contracts.ErrInvalid, "/time_zone"},
			{"a locale that is none", member, auth.UserUpdate{Locale: new("klingonic!")}, contracts.ErrInvalid, "/locale"},
			{"no language", member, auth.UserUpdate{Locale: new("und")}, contracts.ErrInvalid, "/locale"},
			{"a title of 81 characters", member, auth.UserUpdate{Title: new(strings.Repeat("ä", 81))}, contracts.ErrInvalid, "/title"},
			{"a title of two lines", member, auth.UserUpdate{Title: new("a\nb")}, contracts.ErrInvalid, "/title"},
			{"pronouns that turn the text around", member, auth.UserUpdate{Pronouns: new("a\u202eb")}, contracts.ErrInvalid, "/pronouns"},
			{"a field that the workspace does not have", member, auth.UserUpdate{Fields: map[string]string{"shoe": "42"}}, contracts.ErrInvalid, "/fields/shoe"},
			{"a value of 201 characters", member, auth.UserUpdate{Fields: map[string]string{"team": strings.Repeat("x", 201)}}, contracts.ErrInvalid, "/fields/team"},
			{"another's profile", other, auth.UserUpdate{Title: new("x")}, contracts.ErrForbidden, ""},
		} {
			_, err := w.UpdateUser(w.ctx, c.actor, member.UserID, c.change)
			var e *contracts.Error
			if !errors.Is(err, c.want) || !errors.As(err, &e) || e.Field != c.field {
				t.Errorf("%s: got %v, want %v at %q", c.name, err, c.want, c.field)
			}
		}
		// At the limits.
		_, err = w.UpdateUser(w.ctx, member, member.UserID, auth.UserUpdate{Title: new(strings.Repeat("ä", 80)), Pronouns: new(strings.Repeat("x", 40)), Fields: map[string]string{"team": strings.Repeat("é", 200)}})
		w.must(err)
	}, withFields)
}

// Values of a field that the workspace has no more go with the next change.
func TestProfileFieldsThatWereRemoved(t *testing.T) {
	each(t, func(w *world) {
		member := w.user("member1", contracts.RoleMember)
		_, err := w.UpdateUser(w.ctx, member, member.UserID, auth.UserUpdate{Fields: map[string]string{"team": "Core", "desk": "4"}})
		w.must(err)
		w.cfg.ProfileFields = func(context.Context, eventlog.Querier) ([]contracts.ProfileField, error) {
			return []contracts.ProfileField{{Key: "desk"}}, nil
		}
		u, err := w.another().UpdateUser(w.ctx, member, member.UserID, auth.UserUpdate{Fields: map[string]string{"desk": "5"}})
		w.must(err)
		if !maps.Equal(u.Fields, map[string]string{"desk": "5"}) {
			t.Errorf("fields %v", u.Fields)
		}
	}, withFields)
}

func TestStatus(t *testing.T) {
	each(t, func(w *world) {
		member, other := w.user("member1", contracts.RoleMember), w.user("other", contracts.RoleMember)
		_, narrow := w.token(member, "messages:write")
		head := w.head()
		end := w.clock.Now().Add(time.Hour)
		u, err := w.SetStatus(w.ctx, member, member.UserID, contracts.UserStatus{Emoji: "🌴", Text: " Away ", ExpiresAt: &end})
		w.must(err)
		if u.Status == nil || u.Status.Emoji != "🌴" || u.Status.Text != "Away" || !u.Status.ExpiresAt.Equal(end) {
			t.Fatalf("got %+v", u.Status)
		}
		if evs := w.events(head); len(evs) != 1 || evs[0].Type != contracts.EventUserUpdated || !strings.Contains(string(w.rendered(evs[0])), `"text":"Away"`) {
			t.Errorf("events %+v", evs)
		}
		w.clock.advance(time.Hour - time.Millisecond)
		read, err := w.User(w.ctx, member.UserID)
		w.must(err)
		if read.Status == nil {
			t.Error("gone before its time")
		}
		w.clock.advance(time.Millisecond)
		for what, get := range map[string]func() (contracts.User, error){
			"User":       func() (contracts.User, error) { return w.User(w.ctx, member.UserID) },
			"UserFor":    func() (contracts.User, error) { return w.UserFor(w.ctx, other, member.UserID) },
			"UserByName": func() (contracts.User, error) { return w.UserByName(w.ctx, "member1") },
			"Users": func() (contracts.User, error) {
				p, err := w.Users(w.ctx, other, auth.UsersRequest{Query: "member1"})
				return p.Data[0], err
			},
			"Login": func() (contracts.User, error) {
				in, err := w.Login(w.ctx, auth.LoginInput{Username: "member1", Password: goodPassword})
				return in.User, err
			},
			"an update": func() (contracts.User, error) {
				return w.UpdateUser(w.ctx, member, member.UserID, auth.UserUpdate{Title: new("x")})
			},
		} {
			got, err := get()
			w.must(err)
			if got.Status != nil {
				t.Errorf("%s shows an expired status", what)
			}
		}
		if evs := w.events(head); strings.Contains(string(w.rendered(evs[0])), "status") {
			t.Error("a late reader of the log sees the expired status")
		}
		// For ever, then cleared; clearing again tells nobody.
		_, err = w.SetStatus(w.ctx, member, member.UserID, contracts.UserStatus{Text: strings.Repeat("ä", 100)})
		w.must(err)
		head = w.head()
		for range 2 {
			u, err = w.ClearStatus(w.ctx, member, member.UserID)
			w.must(err)
		}
		if u.Status != nil || len(w.types(head)) != 1 {
			t.Errorf("cleared: %+v, events %v", u.Status, w.types(head))
		}
		past, far := w.clock.Now(), w.clock.Now().Add(auth.MaxStatusLife+time.Minute)
		for _, c := range []struct {
			name  string
			actor contracts.Actor
			in    contracts.UserStatus
			want  error
			field string
		}{
			{"neither emoji nor text", member, contracts.UserStatus{}, contracts.ErrInvalid, "/text"},
			{"101 characters", member, contracts.UserStatus{Text: strings.Repeat("x", 101)}, contracts.ErrInvalid, "/text"},
			{"two lines", member, contracts.UserStatus{Text: "a\nb"}, contracts.ErrInvalid, "/text"},
			{"two emoji", member, contracts.UserStatus{Emoji: "🌴🌴"}, contracts.ErrInvalid, "/emoji"},
			{"a letter as an emoji", member, contracts.UserStatus{Emoji: "x"}, contracts.ErrInvalid, "/emoji"},
			{"markup as an emoji", member, contracts.UserStatus{Emoji: "<img>"}, contracts.ErrInvalid, "/emoji"},
			{"over already", member, contracts.UserStatus{Text: "x", ExpiresAt: &past}, contracts.ErrInvalid, "/expires_at"},
			{"too far off", member, contracts.UserStatus{Text: "x", ExpiresAt: &far}, contracts.ErrInvalid, "/expires_at"},
			{"another's", other, contracts.UserStatus{Text: "x"}, contracts.ErrForbidden, ""},
			{"through a narrow token", narrow, contracts.UserStatus{Text: "x"}, contracts.ErrForbidden, ""},
		} {
			_, err := w.SetStatus(w.ctx, c.actor, member.UserID, c.in)
			var e *contracts.Error
			if !errors.Is(err, c.want) || !errors.As(err, &e) || e.Field != c.field {
				t.Errorf("%s: got %v, want %v at %q", c.name, err, c.want, c.field)
			}
		}
		for _, emoji := range []string{"👩‍💻", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🇨🇭", "☕", "❤️", "#️⃣", "👍🏽"} {
			_, err := w.SetStatus(w.ctx, member, member.UserID, contracts.UserStatus{Emoji: emoji})
			if err != nil {
				t.Errorf("%s: %v", emoji, err)
			}
		}
	})
}
