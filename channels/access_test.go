package channels_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/channels"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/expect"
)

// Every method by every kind of principal, in a public, a private and an archived
// channel, as testdata/access.txt says.
func TestWhoMayDoWhat(t *testing.T) {
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
		"remove-a-member": func(ctx context.Context, w *world, a contracts.Actor, id string) error {
			return w.RemoveMember(ctx, a, id, w.erin.UserID)
		},
		"remove-an-owner": func(ctx context.Context, w *world, a contracts.Actor, id string) error {
			return w.RemoveMember(ctx, a, id, w.alice.UserID)
		},
		"change-a-role": func(ctx context.Context, w *world, a contracts.Actor, id string) error {
			_, err := w.SetMemberRole(ctx, a, id, w.erin.UserID, contracts.ChannelModerator)
			return err
		},
		"invite": func(ctx context.Context, w *world, a contracts.Actor, id string) error {
			return w.MayInvite(ctx, a, []string{id})
		},
	}
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		owner2 := w.user("owner2", contracts.RoleMember)
		reader := w.owner
		reader.TokenID, reader.Scopes = "tok_x", []string{"channels:read", "messages:read"}
		principals := map[string]contracts.Actor{
			"member": w.bob, "moderator": w.carol, "owner": owner2, "guest": w.guest, "outsider": w.user("outsider", contracts.RoleMember),
			"guest-out": w.user("outside", contracts.RoleGuest), "admin": w.admin, "operator": contracts.Operator, "reader": reader, "nobody": {},
		}
		n, ids := 0, map[string]string{}
		for _, cell := range accessTable(t) {
			act, known := acts[cell.act]
			actor, found := principals[cell.principal]
			if !known || !found {
				t.Fatalf("the table speaks of %+v", cell)
			}
			id := ids[cell.channel]
			if id == "" {
				n++
				id = w.scene(contracts.ConversationKind(cell.channel), n, owner2, reader)
			}
			err := act(ctx, w, actor, id)
			expect.Code(t, cell.channel+" channel: "+cell.act+" by "+cell.principal, err, cell.code)
			if ids[cell.channel] = id; err == nil && !slices.Contains([]string{"see", "role", "members", "invite"}, cell.act) {
				ids[cell.channel] = "" // it may have changed: the next one gets another
			}
		}
		if want := 3 * len(acts) * len(principals); len(accessTable(t)) != want {
			t.Errorf("the table has %d cells, want %d", len(accessTable(t)), want)
		}
	})
}

// accessCell says what one principal is answered; the code is "" for yes.
type accessCell struct {
	channel, act, principal string
	code                    contracts.Code
}

func accessTable(t *testing.T) (cells []accessCell) {
	t.Helper()
	text := expect.OK(os.ReadFile("testdata/access.txt"))(t)
	var principals []string
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0] == "#":
		case principals == nil:
			principals = words[2:]
		case len(words) != 2+len(principals):
			t.Fatalf("testdata/access.txt: not a row: %s", line)
		default:
			for i, answer := range words[2:] {
				cells = append(cells, accessCell{words[0], words[1], principals[i], contracts.Code(strings.TrimPrefix(answer, "yes"))})
			}
		}
	}
	return cells
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
