package auth_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

func TestCreateUser(t *testing.T) {
	each(t, func(w *world) {
		head := w.head()
		u, err := w.CreateUser(w.ctx, w.owner, auth.NewUser{Username: "Member1", Email: "Member1@Example.org", Password: goodPassword})
		w.must(err)
		if u.Username != "member1" || u.DisplayName != "member1" || u.Role != contracts.RoleMember || u.Email != "Member1@Example.org" || !contracts.ValidID("usr", u.ID) {
			t.Errorf("got %+v", u)
		}
		evs := w.events(head)
		if len(evs) != 1 || evs[0].Type != contracts.EventUserCreated || evs[0].Scope != contracts.ScopeMembers || evs[0].Subject != u.ID || evs[0].Actor != w.owner.UserID {
			t.Errorf("events: %+v", evs)
		}
		read, err := w.User(w.ctx, u.ID)
		w.must(err)
		if read.Email != "" || read.Username != "member1" || !read.CreatedAt.Equal(u.CreatedAt) {
			t.Errorf("read back: %+v", read)
		}
		for _, c := range []struct {
			name  string
			actor contracts.Actor
			in    auth.NewUser
			want  error
			field string
		}{
			{"the name in another case is taken", w.owner, auth.NewUser{Username: "MEMBER1"}, contracts.ErrNameTaken, "/username"},
			{"the address in another case is taken", w.owner, auth.NewUser{Username: "member3", Email: "MEMBER1@example.org"}, contracts.ErrNameTaken, "/email"},
			{"a member may not", contracts.Actor{UserID: u.ID, Role: contracts.RoleMember}, auth.NewUser{Username: "member2"}, contracts.ErrForbidden, ""},
			{"nobody may not", contracts.Actor{}, auth.NewUser{Username: "member2"}, contracts.ErrForbidden, ""},
			{"a token without the scope may not", contracts.Actor{UserID: w.owner.UserID, Role: contracts.RoleOwner, TokenID: "tok_x", Scopes: []string{"users:read"}}, auth.NewUser{Username: "member2"}, contracts.ErrForbidden, ""},
			{"an unknown role", w.owner, auth.NewUser{Username: "member2", Role: "king"}, contracts.ErrInvalid, "/role"},
			{"a bot with a password", w.owner, auth.NewUser{Username: "member2", Bot: true, Password: goodPassword}, contracts.ErrInvalid, "/password"},
			{"a bot as an owner", w.owner, auth.NewUser{Username: "member2", Bot: true, Role: contracts.RoleOwner}, contracts.ErrInvalid, "/role"},
			{"a reserved name", w.owner, auth.NewUser{Username: "here"}, contracts.ErrInvalid, "/username"},
		} {
			_, err := w.CreateUser(w.ctx, c.actor, c.in)
			var e *contracts.Error
			if !errors.Is(err, c.want) || !errors.As(err, &e) || e.Field != c.field {
				t.Errorf("%s: got %v, want %v at %q", c.name, err, c.want, c.field)
			}
		}
		if types := w.types(head); len(types) != 1 {
			t.Errorf("refused creations left events: %v", types)
		}
	})
}

func TestUserCreatedRunsInTheTransaction(t *testing.T) {
	refuse := true
	each(t, func(w *world) {
		_, err := w.CreateUser(w.ctx, w.owner, auth.NewUser{Username: "refused"})
		if err == nil || !strings.Contains(err.Error(), "no room") {
			t.Fatalf("got %v, want the hook's error", err)
		}
		_, err = w.UserByName(w.ctx, "refused")
		w.wants(err, contracts.ErrNotFound)
		u, err := w.CreateUser(w.ctx, w.owner, auth.NewUser{Username: "welcome"})
		w.must(err)
		if u.Username != "welcome" {
			t.Errorf("got %+v", u)
		}
	}, func(c *auth.Config) {
		c.OnUserCreated = func(ctx context.Context, tx *sql.Tx, u contracts.User, _ []string) error {
			var n int
			if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM users WHERE id = $1`, u.ID).Scan(&n); err != nil || n != 1 {
				return fmt.Errorf("the user is not there: %d, %w", n, err)
			}
			if refuse && u.Username == "refused" {
				return errors.New("no room")
			}
			return nil
		}
	})
}

func TestUpdateUser(t *testing.T) {
	each(t, func(w *world) {
		// An address is changed by who has just proved who they are.
		member1, member2, admin := w.fresh(w.user("member1", contracts.RoleMember)), w.fresh(w.user("member2", contracts.RoleMember)), w.user("admin1", contracts.RoleAdmin)
		text := func(s string) *string { return &s }
		_, narrow := w.token(member1, "messages:write")
		for _, c := range []struct {
			name   string
			actor  contracts.Actor
			user   string
			change auth.UserUpdate
			want   error
		}{
			{"oneself", member1, member1.UserID, auth.UserUpdate{DisplayName: text("First Member")}, nil},
			{"another as a member", member2, member1.UserID, auth.UserUpdate{DisplayName: text("x")}, contracts.ErrForbidden},
			{"a member as an admin", admin, member1.UserID, auth.UserUpdate{Email: text("member1@example.org")}, nil},
			{"an owner as an admin", admin, w.owner.UserID, auth.UserUpdate{DisplayName: text("x")}, contracts.ErrForbidden},
			{"oneself through a narrow token", narrow, member1.UserID, auth.UserUpdate{Email: text("evil@example.org")}, contracts.ErrForbidden},
			{"a taken name", member1, member1.UserID, auth.UserUpdate{Username: text("MEMBER2")}, contracts.ErrNameTaken},
			{"a taken address", member2, member2.UserID, auth.UserUpdate{Email: text("MEMBER1@example.org")}, contracts.ErrNameTaken},
			{"a bad address", member2, member2.UserID, auth.UserUpdate{Email: text("member2")}, contracts.ErrInvalid},
			{"an empty display name", member2, member2.UserID, auth.UserUpdate{DisplayName: text(" ")}, contracts.ErrInvalid},
			{"nobody", admin, contracts.NewID("usr"), auth.UserUpdate{DisplayName: text("x")}, contracts.ErrNotFound},
		} {
			_, err := w.UpdateUser(w.ctx, c.actor, c.user, c.change)
			if c.want == nil && err != nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("%s: got %v, want %v", c.name, err, c.want)
			}
		}
		head := w.head()
		for range 2 { // the second changes nothing
			u, err := w.UpdateUser(w.ctx, member1, member1.UserID, auth.UserUpdate{Username: text("Renamed")})
			w.must(err)
			if u.Username != "renamed" || u.Email != "member1@example.org" || u.DisplayName != "First Member" {
				t.Errorf("got %+v", u)
			}
		}
		evs := w.events(head)
		if len(evs) != 1 || evs[0].Type != contracts.EventUserUpdated {
			t.Fatalf("events: %+v", evs)
		}
		_, err := w.UpdateUser(w.ctx, member1, member1.UserID, auth.UserUpdate{Email: text("")})
		w.must(err)
		if len(w.events(head)) != 1 {
			t.Error("a change of the address is told to everybody")
		}
	})
}

func TestUsersArePaged(t *testing.T) {
	each(t, func(w *world) {
		var all []string
		for i := range 12 {
			role := contracts.RoleMember
			if i%3 == 0 {
				role = contracts.RoleGuest
			}
			u, err := w.CreateUser(w.ctx, contracts.Operator, auth.NewUser{Username: fmt.Sprintf("user%02d", i), DisplayName: fmt.Sprintf("Tëam 100%% %d", i), Role: role, Email: fmt.Sprintf("u%d@example.org", i)})
			w.must(err)
			all = append(all, u.Username)
		}
		_, err := w.Suspend(w.ctx, w.owner, w.id("user05"))
		w.must(err)
		list := func(actor contracts.Actor, req auth.UsersRequest) (names []string) {
			for {
				page, err := w.Users(w.ctx, actor, req)
				w.must(err)
				for _, u := range page.Data {
					names = append(names, u.Username)
				}
				if !page.Page.HasMore {
					return names
				}
				req.After = *page.Page.Next
			}
		}
		req := auth.UsersRequest{Query: "USER", PageRequest: contracts.PageRequest{Limit: 5}}
		if got := list(w.owner, req); !slices.Equal(got, all) {
			t.Errorf("got %v, want %v", got, all)
		}
		for query, want := range map[string]int{"tëam": 12, "TËAM": 12, "100%": 12, "%": 12, "_": 0, "@user0": 10, "0% 1": 3, "!": 0, "nobody": 0} {
			if got := list(w.owner, auth.UsersRequest{Query: query}); len(got) != want {
				t.Errorf("query %q: %d users, want %d", query, len(got), want)
			}
		}
		if got := list(w.owner, auth.UsersRequest{State: contracts.UserSuspended}); !slices.Equal(got, []string{"user05"}) {
			t.Errorf("suspended: %v", got)
		}
		if got := list(w.owner, auth.UsersRequest{Role: contracts.RoleGuest}); len(got) != 4 {
			t.Errorf("guests: %v", got)
		}
		for _, bad := range []auth.UsersRequest{{Role: "king"}, {State: "dead"}, {Query: strings.Repeat("x", 65)}, {PageRequest: contracts.PageRequest{Limit: 201}}, {PageRequest: contracts.PageRequest{After: "§"}}} {
			_, err := w.Users(w.ctx, w.owner, bad)
			w.wants(err, contracts.ErrInvalid)
		}
		_, err = w.Users(w.ctx, contracts.Actor{}, auth.UsersRequest{})
		w.wants(err, contracts.ErrForbidden)
	})
}

func (w *world) id(username string) string {
	w.Helper()
	u, err := w.UserByName(w.ctx, username)
	w.must(err)
	return u.ID
}

func TestWhoSeesAnAddress(t *testing.T) {
	each(t, func(w *world) {
		u, err := w.CreateUser(w.ctx, contracts.Operator, auth.NewUser{Username: "member1", Email: "member1@example.org"})
		w.must(err)
		member1 := contracts.Actor{UserID: u.ID, Role: contracts.RoleMember}
		narrow := member1
		narrow.TokenID, narrow.Scopes = "tok_x", []string{"users:read"}
		for _, c := range []struct {
			name  string
			actor contracts.Actor
			sees  bool
		}{
			{"herself", member1, true}, {"an owner", w.owner, true}, {"the operator", contracts.Operator, true},
			{"another member", w.user("member2", contracts.RoleMember), false}, {"a guest", w.user("guest1", contracts.RoleGuest), false},
			{"her narrow token", narrow, false},
		} {
			got, err := w.UserFor(w.ctx, c.actor, u.ID)
			w.must(err)
			page, err := w.Users(w.ctx, c.actor, auth.UsersRequest{Query: "member1"})
			w.must(err)
			if (got.Email != "") != c.sees || (page.Data[0].Email != "") != c.sees {
				t.Errorf("%s: %q and %q, want to see it: %v", c.name, got.Email, page.Data[0].Email, c.sees)
			}
		}
	})
}

func TestEventsHoldNoAddress(t *testing.T) {
	each(t, func(w *world) {
		var told []contracts.Event
		defer w.db.OnCommit(func(_ int64, notes []any) {
			for _, n := range notes {
				if ev, ok := n.(*contracts.Event); ok {
					told = append(told, *ev)
				}
			}
		})()
		u, err := w.CreateUser(w.ctx, contracts.Operator, auth.NewUser{Username: "member1", Email: "member1@example.org", Password: goodPassword})
		w.must(err)
		name := "Another Name"
		_, err = w.UpdateUser(w.ctx, contracts.Operator, u.ID, auth.UserUpdate{DisplayName: &name})
		w.must(err)
		_, err = w.SetRole(w.ctx, w.owner, u.ID, contracts.RoleAdmin)
		w.must(err)
		_, err = w.Suspend(w.ctx, w.owner, u.ID)
		w.must(err)
		_, err = w.Restore(w.ctx, w.owner, u.ID)
		w.must(err)
		if len(told) != 5 {
			t.Fatalf("%d events, want 5", len(told))
		}
		for _, ev := range told {
			var got contracts.User
			w.must(json.Unmarshal(ev.Data, &got))
			if got.ID != u.ID || strings.Contains(string(ev.Data)+ev.Refs, "example.org") {
				t.Errorf("%s tells %s", ev.Type, ev.Data)
			}
		}
	})
}

func TestRefsFollowChanges(t *testing.T) {
	each(t, func(w *world) {
		member1 := w.user("member1", contracts.RoleMember)
		other := w.another()
		ids := []string{member1.UserID, w.owner.UserID, contracts.NewID("usr"), member1.UserID}
		for range 2 {
			refs, err := other.Refs(w.ctx, ids)
			w.must(err)
			if len(refs) != 2 || refs[member1.UserID].Username != "member1" {
				t.Errorf("got %+v", refs)
			}
		}
		name := "renamed"
		_, err := w.UpdateUser(w.ctx, member1, member1.UserID, auth.UserUpdate{Username: &name})
		w.must(err)
		refs, err := other.Refs(w.ctx, ids)
		w.must(err)
		if refs[member1.UserID].Username != "renamed" {
			t.Errorf("an old name is served: %+v", refs)
		}
		many := make([]string, 300)
		for i := range many {
			many[i] = contracts.NewID("usr")
		}
		refs, err = w.Refs(w.ctx, append(many, member1.UserID))
		w.must(err)
		if len(refs) != 1 {
			t.Errorf("%d found among 301", len(refs))
		}
	})
}

func TestByUsername(t *testing.T) {
	each(t, func(w *world) {
		member1, member2 := w.user("member1", contracts.RoleMember), w.user("member2", contracts.RoleMember)
		_, err := w.Suspend(w.ctx, w.owner, member2.UserID)
		w.must(err)
		got, err := w.ByUsername(w.ctx, []string{"MEMBER1", "member2", "nobody", "x' OR 1=1 --"})
		w.must(err)
		if len(got) != 1 || got["member1"] != member1.UserID {
			t.Errorf("got %v", got)
		}
		if got, err := w.ByUsername(w.ctx, nil); err != nil || len(got) != 0 {
			t.Errorf("of none: %v, %v", got, err)
		}
	})
}

func TestPayload(t *testing.T) {
	each(t, func(w *world) {
		u, err := w.CreateUser(w.ctx, contracts.Operator, auth.NewUser{Username: "member1", Email: "member1@example.org"})
		w.must(err)
		gone := contracts.NewID("usr")
		evs := []*contracts.Event{
			{Type: contracts.EventUserCreated, Subject: u.ID}, {Type: contracts.EventUserUpdated, Subject: gone},
			{Type: contracts.EventSessionRevoked, Subject: "ses_1"}, {Type: contracts.EventTokenRevoked, Subject: "tok_1"},
			{Type: contracts.EventKeyRotated, Subject: "key_1"}, {Type: contracts.EventMessageCreated, Subject: "msg_1"},
			{Type: contracts.EventUserUpdated, Subject: u.ID, Data: json.RawMessage(`"kept"`)},
		}
		w.must(w.Payload(w.ctx, w.db.Read, evs))
		var got contracts.User
		w.must(json.Unmarshal(evs[0].Data, &got))
		if got.ID != u.ID || got.Username != "member1" || got.Email != "" {
			t.Errorf("user.created: %s", evs[0].Data)
		}
		for i, want := range map[int]string{1: `{"id":"` + gone + `"}`, 2: `{"id":"ses_1"}`, 3: `{"id":"tok_1"}`, 4: `{}`, 5: "", 6: `"kept"`} {
			if string(evs[i].Data) != want {
				t.Errorf("%s: got %s, want %s", evs[i].Type, evs[i].Data, want)
			}
		}
	})
}

func TestCount(t *testing.T) {
	each(t, func(w *world) {
		member1 := w.user("member1", contracts.RoleMember)
		_, err := w.Suspend(w.ctx, w.owner, member1.UserID)
		w.must(err)
		var stats contracts.Stats
		w.must(w.Count(w.ctx, w.db.Read, &stats))
		if stats.Users != 2 || stats.ActiveUsers != 1 || stats.SuspendedUsers != 1 {
			t.Errorf("got %+v", stats)
		}
	})
}

func TestALookAlikeNameIsTaken(t *testing.T) {
	each(t, func(w *world) {
		first := w.user("carol1", contracts.RoleMember)
		w.user("сова", contracts.RoleMember) // Cyrillic
		for _, name := range []string{"caro11", "caroll", "CAROLl", "cаrοl1"} {
			_, err := w.CreateUser(w.ctx, w.owner, auth.NewUser{Username: name})
			var e *contracts.Error
			if !errors.As(err, &e) || e.Field != "/username" || e.Code != contracts.CodeNameTaken && e.Code != contracts.CodeInvalid {
				t.Errorf("%q: %v", name, err)
			}
		}
		if _, err := w.CreateUser(w.ctx, w.owner, auth.NewUser{Username: "cова"}); err == nil {
			t.Error("a Latin c before Cyrillic letters passes")
		}
		other := w.user("other", contracts.RoleMember)
		_, err := w.UpdateUser(w.ctx, other, other.UserID, auth.UserUpdate{Username: new("CAROLL")})
		w.wants(err, contracts.ErrNameTaken)
		u, err := w.UpdateUser(w.ctx, first, first.UserID, auth.UserUpdate{Username: new("caroll")}) // from 1 to l: one's own
		w.must(err)
		if u.Username != "caroll" {
			t.Errorf("got %q", u.Username)
		}
	})
}

// A name that somebody had stays theirs: what was written with it means them, and
// nobody else can take it and be meant.
func TestFormerNames(t *testing.T) {
	each(t, func(w *world) {
		a, b := w.user("before", contracts.RoleMember), w.user("somebody", contracts.RoleMember)
		head := w.head()
		u, err := w.UpdateUser(w.ctx, a, a.UserID, auth.UserUpdate{Username: new("after")})
		w.must(err)
		if !slices.Equal(u.FormerNames, []string{"before"}) {
			t.Errorf("former names %q", u.FormerNames)
		}
		if evs := w.events(head); len(evs) != 1 || !strings.Contains(string(w.rendered(evs[0])), `"former_names":["before"]`) {
			t.Errorf("events %+v", evs)
		}
		found, err := w.ByUsername(w.ctx, []string{"before", "After", "somebody", "nobody"})
		w.must(err)
		if found["before"] != a.UserID || found["after"] != a.UserID || found["somebody"] != b.UserID || len(found) != 3 {
			t.Errorf("found %v", found)
		}
		for _, name := range []string{"before", "BEFORE", "bef0re", "befоre"} {
			if _, err := w.UpdateUser(w.ctx, b, b.UserID, auth.UserUpdate{Username: new(name)}); err == nil && name != "bef0re" {
				t.Errorf("another took %q", name)
			}
		}
		if _, err := w.Login(w.ctx, auth.LoginInput{Username: "before", Password: goodPassword}); err == nil {
			t.Error("a former name signs in")
		}
		// One can have it back.
		u, err = w.UpdateUser(w.ctx, a, a.UserID, auth.UserUpdate{Username: new("before")})
		w.must(err)
		if u.Username != "before" || !slices.Equal(u.FormerNames, []string{"after"}) {
			t.Errorf("back: %q, former %q", u.Username, u.FormerNames)
		}
		// The oldest of more than MaxFormerNames is anybody's again.
		for i := range auth.MaxFormerNames + 1 {
			u, err = w.UpdateUser(w.ctx, a, a.UserID, auth.UserUpdate{Username: new(fmt.Sprintf("name%d", 2+i))})
			w.must(err)
		}
		if len(u.FormerNames) != auth.MaxFormerNames || slices.Contains(u.FormerNames, "after") || u.FormerNames[0] != fmt.Sprintf("name%d", auth.MaxFormerNames+1) {
			t.Errorf("former names %q: the newest first, no more than %d", u.FormerNames, auth.MaxFormerNames)
		}
		_, err = w.UpdateUser(w.ctx, b, b.UserID, auth.UserUpdate{Username: new("after")})
		w.must(err)
	})
}

func TestNamesOfOtherScripts(t *testing.T) {
	each(t, func(w *world) {
		u := w.user("Noe\u0308l", contracts.RoleMember)
		for _, name := range []string{"noël", "NOËL", "@noe\u0308l", "ｎｏｅ\u0308ｌ"} {
			found, err := w.UserByName(w.ctx, name)
			w.must(err)
			if found.ID != u.UserID || found.Username != "noël" {
				t.Errorf("%q found %+v", name, found)
			}
			found2, err := w.ByUsername(w.ctx, []string{strings.TrimPrefix(name, "@")})
			w.must(err)
			if len(found2) != 1 {
				t.Errorf("%q names nobody", name)
			}
		}
		in, err := w.Login(w.ctx, auth.LoginInput{Username: "NOE\u0308L", Password: goodPassword})
		w.must(err)
		if in.User.ID != u.UserID {
			t.Errorf("signed in as %+v", in.User)
		}
		page, err := w.Users(w.ctx, w.owner, auth.UsersRequest{Query: "NOËL"})
		w.must(err)
		if len(page.Data) != 1 {
			t.Errorf("the search found %d", len(page.Data))
		}
	})
}

// rendered is an event's payload as it is delivered.
func (w *world) rendered(ev contracts.Event) json.RawMessage {
	w.Helper()
	w.must(w.Payload(w.ctx, w.db.Read, []*contracts.Event{&ev}))
	return ev.Data
}
