package channels_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/channels"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/expect"
)

func TestCreate(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := expect.OK(w.Create(ctx, w.alice, channels.NewChannel{Name: "#Dev-Ops", Topic: " deploys ", Purpose: "all of it", Members: []string{w.bob.UserID, w.alice.UserID, w.bob.UserID}}))(t)
		want := contracts.Channel{ID: c.ID, Name: "dev-ops", Kind: contracts.KindPublic, Topic: "deploys", Purpose: "all of it",
			MemberCount: 2, LastPosition: 1, CreatedBy: w.alice.UserID, CreatedAt: c.CreatedAt, Joined: true}
		if c != want || !contracts.ValidID(contracts.PrefixConversation, c.ID) || c.CreatedAt.Year() != 2026 {
			t.Errorf("created %+v, want %+v", c, want)
		}
		expect.Equal(t, "members", w.roles(c.ID), "alice:owner bob:member")
		expect.Equal(t, "kind of the conversation", w.kinds[c.ID], "public")
		expect.Equal(t, "timeline", w.said[c.ID], "[alice: created the channel]")
		expect.Equal(t, "events", w.events(), "[channel.created members channel]")

		if got := expect.OK(w.ByName(ctx, w.bob, "DEV-OPS"))(t); got != c {
			t.Errorf("by name: %+v, want %+v", got, c)
		}
		if got := expect.OK(w.Channel(ctx, w.carol, c.ID))(t); got.Joined || got.ID != c.ID {
			t.Errorf("as an outsider: %+v", got)
		}
	})
}

func TestCreatePrivate(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.create("plans", contracts.KindPrivate)
		expect.Equal(t, "kind", c.Kind, "private")
		expect.Equal(t, "events", w.events(), "[channel.created conversation channel]")
	})
}

func TestCreateByTheOperator(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := expect.OK(w.Create(ctx, contracts.Operator, channels.NewChannel{Name: "announcements", Members: []string{w.bob.UserID, w.carol.UserID}}))(t)
		expect.Equal(t, "the first member owns it", w.roles(c.ID), "bob:owner carol:member")
		expect.Equal(t, "events", w.events(), "[member.role_changed conversation bob channel.created members channel]")

		empty := expect.OK(w.Create(ctx, contracts.Operator, channels.NewChannel{Name: "empty"}))(t)
		expect.Equal(t, "nobody is in it", empty.MemberCount, 0)
		expect.OK(w.Join(ctx, w.dave, empty.ID))(t)
		expect.OK(w.Join(ctx, w.carol, empty.ID))(t)
		expect.Equal(t, "the first to join owns it", w.roles(empty.ID), "dave:owner carol:member")
	})
}

func TestNamesAreUnique(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.create("coco", contracts.KindPublic)
		hidden := w.create("hidden", contracts.KindPrivate)
		old := w.create("old", contracts.KindPublic)
		expect.OK(w.Archive(ctx, w.alice, old.ID))(t)
		w.create("modem", contracts.KindPublic)
		w.create("カ", contracts.KindPublic)
		for _, name := range []string{"coco", "COCO", "#coco", "сосо", "hidden", "old", "力"} {
			for _, actor := range []contracts.Actor{w.bob, w.admin} {
				_, err := w.Create(ctx, actor, channels.NewChannel{Name: name})
				expect.Code(t, "create "+name, err, contracts.CodeNameTaken)
				var own *contracts.Error
				if errors.As(err, &own) && own.Field != "/name" {
					t.Errorf("%s: field %q", name, own.Field)
				}
			}
		}
		for _, name := range []string{"modern", "c0co", "co-co", "co_co", "cocó"} {
			_, err := w.Create(ctx, w.bob, channels.NewChannel{Name: name})
			expect.Code(t, "create "+name, err, "")
		}
		name := "coco"
		_, err := w.Update(ctx, w.alice, hidden.ID, channels.ChannelUpdate{Name: &name})
		expect.Code(t, "rename to a name that is taken", err, contracts.CodeNameTaken)
	})
}

func TestCreateChecksItsInput(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.suspended[w.dave.UserID] = true
		many := make([]string, channels.MaxAdd+1)
		for i := range many {
			many[i] = contracts.NewID(contracts.PrefixUser)
		}
		for _, test := range []struct {
			what  string
			input channels.NewChannel
			field string
		}{
			{"no name", channels.NewChannel{}, "/name"},
			{"a strange kind", channels.NewChannel{Name: "x", Kind: "dm"}, "/kind"},
			{"a long topic", channels.NewChannel{Name: "x", Topic: strings.Repeat("ü", 1025)}, "/topic"},
			{"two lines of topic", channels.NewChannel{Name: "x", Topic: "a\nb"}, "/topic"},
			{"a purpose that turns the text around", channels.NewChannel{Name: "x", Purpose: "\u202eabc"}, "/purpose"},
			{"a purpose in broken UTF-8", channels.NewChannel{Name: "x", Purpose: "\xff"}, "/purpose"},
			{"an unknown member", channels.NewChannel{Name: "x", Members: []string{w.bob.UserID, "usr_nobody"}}, "/members/1"},
			{"a suspended member", channels.NewChannel{Name: "x", Members: []string{w.dave.UserID}}, "/members/0"},
			{"201 members", channels.NewChannel{Name: "x", Members: many}, "/members"},
			{"a private default channel", channels.NewChannel{Name: "x", Kind: contracts.KindPrivate, Default: true}, "/kind"},
		} {
			_, err := w.Create(t.Context(), w.owner, test.input)
			var own *contracts.Error
			if !errors.As(err, &own) || own.Code != contracts.CodeInvalid || own.Field != test.field {
				t.Errorf("%s: %v; want invalid at %s", test.what, err, test.field)
			}
		}
		expect.Equal(t, "events", w.events(), "[]")
		_, err := w.Create(t.Context(), w.owner, channels.NewChannel{Name: "x", Topic: strings.Repeat("ü", 1024)})
		expect.Code(t, "1,024 characters of topic", err, "")
	})
}

func TestNothingStandsWhenThePartnerFails(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.create("here-to-stay", contracts.KindPublic, w.bob)
		log := len(w.events())
		broken := errors.New("broken")
		private := contracts.KindPrivate
		for what, act := range map[string]func() error{
			"create":  func() error { _, err := w.Create(ctx, w.alice, channels.NewChannel{Name: "gone"}); return err },
			"join":    func() error { _, err := w.Join(ctx, w.carol, c.ID); return err },
			"leave":   func() error { return w.Leave(ctx, w.bob, c.ID) },
			"archive": func() error { _, err := w.Archive(ctx, w.alice, c.ID); return err },
			"convert": func() error {
				_, err := w.Update(ctx, w.alice, c.ID, channels.ChannelUpdate{Kind: &private})
				return err
			},
		} {
			w.fail = broken
			if err := act(); !errors.Is(err, broken) {
				t.Errorf("%s: %v; want the partner's error", what, err)
			}
		}
		if got := expect.OK(w.Channel(ctx, w.alice, c.ID))(t); got.MemberCount != 2 || got.Archived || got.Kind != contracts.KindPublic {
			t.Errorf("the channel changed: %+v", got)
		}
		_, err := w.ByName(ctx, w.alice, "gone")
		expect.Code(t, "the channel that failed", err, contracts.CodeNotFound)
		expect.Equal(t, "events", len(w.events()), log)
	})
}
