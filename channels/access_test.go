package channels_test

import (
	"context"
	"errors"
	"testing"

	"github.com/dankerchat/dankerchat/channels"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/expect"
)

// Every method by every kind of principal, in a public, a private and an archived
// channel. "" is yes.
func TestWhoMayDoWhat(t *testing.T) {
	const (
		yes       = contracts.Code("")
		forbidden = contracts.CodeForbidden
		hidden    = contracts.CodeNotFound
		archived  = contracts.CodeArchived
	)
	topic := "new"
	acts := map[string]func(ctx context.Context, w *world, actor contracts.Actor, id string) error{
		"see": func(ctx context.Context, w *world, a contracts.Actor, id string) error {
			_, err := w.Channel(ctx, a, id)
			return err
		},
		"role": func(ctx context.Context, w *world, a contracts.Actor, id string) error {
			_, err := w.Role(ctx, a, id)
			return err
		},
		"members": func(ctx context.Context, w *world, a contracts.Actor, id string) error {
			_, err := w.Members(ctx, a, id, contracts.PageRequest{})
			return err
		},
		"update": func(ctx context.Context, w *world, a contracts.Actor, id string) error {
			_, err := w.Update(ctx, a, id, channels.ChannelUpdate{Topic: &topic})
			return err
		},
		"archive": func(ctx context.Context, w *world, a contracts.Actor, id string) error {
			_, err := w.Archive(ctx, a, id)
			return err
		},
		"unarchive": func(ctx context.Context, w *world, a contracts.Actor, id string) error {
			_, err := w.Unarchive(ctx, a, id)
			return err
		},
		"join": func(ctx context.Context, w *world, a contracts.Actor, id string) error {
			_, err := w.Join(ctx, a, id)
			return err
		},
		"leave": func(ctx context.Context, w *world, a contracts.Actor, id string) error { return w.Leave(ctx, a, id) },
		"add": func(ctx context.Context, w *world, a contracts.Actor, id string) error {
			_, err := w.AddMembers(ctx, a, id, []string{w.dave.UserID})
			return err
		},
		"remove a member": func(ctx context.Context, w *world, a contracts.Actor, id string) error {
			return w.RemoveMember(ctx, a, id, w.erin.UserID)
		},
		"remove an owner": func(ctx context.Context, w *world, a contracts.Actor, id string) error {
			return w.RemoveMember(ctx, a, id, w.alice.UserID)
		},
		"change a role": func(ctx context.Context, w *world, a contracts.Actor, id string) error {
			_, err := w.SetMemberRole(ctx, a, id, w.erin.UserID, contracts.ChannelModerator)
			return err
		},
		"invite": func(ctx context.Context, w *world, a contracts.Actor, id string) error {
			return w.MayInvite(ctx, a, []string{id})
		},
	}
	// The columns: member, moderator, owner and guest in the channel; outsider,
	// outside guest, admin who is not in it, the operator, an owner's token that may
	// only read, nobody.
	type row [10]contracts.Code
	expected := map[contracts.ConversationKind]map[string]row{
		contracts.KindPublic: {
			"see":             {yes, yes, yes, yes, yes, hidden, yes, yes, yes, forbidden},
			"role":            {yes, yes, yes, yes, yes, hidden, yes, yes, yes, forbidden},
			"members":         {yes, yes, yes, yes, yes, hidden, yes, yes, yes, forbidden},
			"update":          {forbidden, forbidden, yes, forbidden, forbidden, hidden, yes, yes, forbidden, forbidden},
			"archive":         {forbidden, forbidden, yes, forbidden, forbidden, hidden, yes, yes, forbidden, forbidden},
			"unarchive":       {forbidden, forbidden, yes, forbidden, forbidden, hidden, yes, yes, forbidden, forbidden},
			"join":            {yes, yes, yes, yes, yes, hidden, yes, contracts.CodeInvalid, forbidden, forbidden},
			"leave":           {yes, yes, yes, yes, yes, hidden, yes, yes, forbidden, forbidden},
			"add":             {yes, yes, yes, forbidden, forbidden, hidden, yes, yes, forbidden, forbidden},
			"remove a member": {forbidden, yes, yes, forbidden, forbidden, hidden, yes, yes, forbidden, forbidden},
			"remove an owner": {forbidden, forbidden, yes, forbidden, forbidden, hidden, yes, yes, forbidden, forbidden},
			"change a role":   {forbidden, forbidden, yes, forbidden, forbidden, hidden, yes, yes, forbidden, forbidden},
			"invite":          {yes, yes, yes, forbidden, yes, hidden, yes, yes, forbidden, forbidden},
		},
		contracts.KindPrivate: {
			"see":             {yes, yes, yes, yes, hidden, hidden, yes, yes, yes, forbidden},
			"role":            {yes, yes, yes, yes, hidden, hidden, yes, yes, yes, forbidden},
			"members":         {yes, yes, yes, yes, hidden, hidden, yes, yes, yes, forbidden},
			"update":          {forbidden, forbidden, yes, forbidden, hidden, hidden, yes, yes, forbidden, forbidden},
			"archive":         {forbidden, forbidden, yes, forbidden, hidden, hidden, yes, yes, forbidden, forbidden},
			"unarchive":       {forbidden, forbidden, yes, forbidden, hidden, hidden, yes, yes, forbidden, forbidden},
			"join":            {yes, yes, yes, yes, hidden, hidden, forbidden, contracts.CodeInvalid, forbidden, forbidden},
			"leave":           {yes, yes, yes, yes, hidden, hidden, yes, yes, forbidden, forbidden},
			"add":             {yes, yes, yes, forbidden, hidden, hidden, yes, yes, forbidden, forbidden},
			"remove a member": {forbidden, yes, yes, forbidden, hidden, hidden, yes, yes, forbidden, forbidden},
			"remove an owner": {forbidden, forbidden, yes, forbidden, hidden, hidden, yes, yes, forbidden, forbidden},
			"change a role":   {forbidden, forbidden, yes, forbidden, hidden, hidden, yes, yes, forbidden, forbidden},
			"invite":          {yes, yes, yes, forbidden, hidden, hidden, yes, yes, forbidden, forbidden},
		},
		"archived": { // a public one
			"see":             {yes, yes, yes, yes, yes, hidden, yes, yes, yes, forbidden},
			"role":            {yes, yes, yes, yes, yes, hidden, yes, yes, yes, forbidden},
			"members":         {yes, yes, yes, yes, yes, hidden, yes, yes, yes, forbidden},
			"update":          {forbidden, forbidden, archived, forbidden, forbidden, hidden, archived, archived, forbidden, forbidden},
			"archive":         {forbidden, forbidden, yes, forbidden, forbidden, hidden, yes, yes, forbidden, forbidden},
			"unarchive":       {forbidden, forbidden, yes, forbidden, forbidden, hidden, yes, yes, forbidden, forbidden},
			"join":            {yes, yes, yes, yes, archived, hidden, archived, contracts.CodeInvalid, forbidden, forbidden},
			"leave":           {yes, yes, yes, yes, yes, hidden, yes, yes, forbidden, forbidden},
			"add":             {archived, archived, archived, forbidden, forbidden, hidden, archived, archived, forbidden, forbidden},
			"remove a member": {forbidden, yes, yes, forbidden, forbidden, hidden, yes, yes, forbidden, forbidden},
			"remove an owner": {forbidden, forbidden, yes, forbidden, forbidden, hidden, yes, yes, forbidden, forbidden},
			"change a role":   {forbidden, forbidden, archived, forbidden, forbidden, hidden, archived, archived, forbidden, forbidden},
			"invite":          {archived, archived, archived, archived, archived, hidden, archived, archived, forbidden, forbidden},
		},
	}
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		owner2 := w.user("owner2", contracts.RoleMember)
		reader := w.owner
		reader.TokenID, reader.Scopes = "tok_x", []string{"channels:read", "messages:read"}
		outside := w.user("outside", contracts.RoleGuest)
		principals := []struct {
			name  string
			actor contracts.Actor
		}{
			{"member", w.bob}, {"moderator", w.carol}, {"owner", owner2}, {"guest", w.guest}, {"outsider", w.user("outsider", contracts.RoleMember)},
			{"outside guest", outside}, {"admin", w.admin}, {"operator", contracts.Operator}, {"reading token", reader}, {"nobody", contracts.Actor{}},
		}
		n := 0
		for kind, rows := range expected {
			if len(rows) != len(acts) {
				t.Fatalf("%s: %d rows for %d methods", kind, len(rows), len(acts))
			}
			id := ""
			for name, codes := range rows {
				for i, principal := range principals {
					if id == "" {
						n++
						id = w.scene(kind, n, owner2, reader)
					}
					err := acts[name](ctx, w, principal.actor, id)
					expect.Code(t, string(kind)+" channel: "+name+" by "+principal.name, err, codes[i])
					if err == nil && name != "see" && name != "role" && name != "members" && name != "invite" {
						id = "" // it may have changed: the next one gets another
					}
				}
			}
		}
	})
}

// scene makes a channel with an owner, a second owner, a moderator, two members
// and a guest; of a private one the reading token's owner is a member too.
func (w *world) scene(kind contracts.ConversationKind, n int, owner2, reader contracts.Actor) string {
	w.t.Helper()
	ctx := w.t.Context()
	made := kind
	if kind == "archived" {
		made = contracts.KindPublic
	}
	c := w.create("scene-"+string(kind)+"-"+string(rune('a'+n/676%26))+string(rune('a'+n/26%26))+string(rune('a'+n%26)), made,
		w.bob, w.carol, owner2, w.guest, w.erin, reader)
	expect.OK(w.SetMemberRole(ctx, w.alice, c.ID, w.carol.UserID, contracts.ChannelModerator))(w.t)
	expect.OK(w.SetMemberRole(ctx, w.alice, c.ID, owner2.UserID, contracts.ChannelOwner))(w.t)
	if kind == "archived" {
		expect.OK(w.Archive(ctx, w.alice, c.ID))(w.t)
	}
	return c.ID
}

// What is hidden answers exactly like what is missing: code, text and hint.
func TestHiddenAnswersLikeMissing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		private := w.create("secret-plans", contracts.KindPrivate)
		public := w.create("open", contracts.KindPublic)
		name := "x"
		for _, test := range []struct {
			actor contracts.Actor
			id    string
			name  string
		}{{w.bob, private.ID, private.Name}, {w.guest, public.ID, public.Name}, {w.guest, private.ID, private.Name}} {
			answers := func(id, byName string) []error {
				var errs []error
				add := func(err error) { errs = append(errs, err) }
				_, err := w.Channel(ctx, test.actor, id)
				add(err)
				_, err = w.ByName(ctx, test.actor, byName)
				add(err)
				_, err = w.Members(ctx, test.actor, id, contracts.PageRequest{})
				add(err)
				_, err = w.Update(ctx, test.actor, id, channels.ChannelUpdate{Name: &name})
				add(err)
				_, err = w.Archive(ctx, test.actor, id)
				add(err)
				_, err = w.Unarchive(ctx, test.actor, id)
				add(err)
				_, err = w.Join(ctx, test.actor, id)
				add(err)
				add(w.Leave(ctx, test.actor, id))
				_, err = w.AddMembers(ctx, test.actor, id, []string{w.carol.UserID})
				add(err)
				add(w.RemoveMember(ctx, test.actor, id, w.alice.UserID))
				add(w.RemoveMember(ctx, test.actor, id, test.actor.UserID))
				_, err = w.SetMemberRole(ctx, test.actor, id, w.alice.UserID, contracts.ChannelMember)
				add(err)
				_, err = w.Role(ctx, test.actor, id)
				add(err)
				add(w.MayInvite(ctx, test.actor, []string{id}))
				return errs
			}
			here, missing := answers(test.id, test.name), answers(contracts.NewID(contracts.PrefixConversation), "nothing")
			for i := range here {
				var a, b *contracts.Error
				if !errors.As(here[i], &a) || !errors.As(missing[i], &b) || a.Code != contracts.CodeNotFound || a.Error() != b.Error() || a.Hint != b.Hint {
					t.Errorf("method %d by %s: %v; of a missing channel: %v", i, test.actor.Username, here[i], missing[i])
				}
			}
		}
		for _, id := range []string{"", "x", "cnv_", "cnv_\x00", "\xff", private.ID + "x"} {
			_, err := w.Channel(ctx, w.alice, id)
			expect.Code(t, "a strange id", err, contracts.CodeNotFound)
			expect.Code(t, "a strange id", w.Leave(ctx, w.alice, id), contracts.CodeNotFound)
		}
		for _, user := range []string{"", "x\x00", "\xff", "usr_nobody"} {
			_, err := w.SetMemberRole(ctx, w.alice, private.ID, user, contracts.ChannelOwner)
			expect.Code(t, "a strange user", err, contracts.CodeNotFound)
			expect.Code(t, "a strange user", w.RemoveMember(ctx, w.alice, private.ID, user), contracts.CodeNotFound)
		}
	})
}
