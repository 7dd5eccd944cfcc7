package tui

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	dankerchat "github.com/dankerchat/dankerchat/clients/go"
	"github.com/dankerchat/dankerchat/clients/go/servertest"
	"github.com/dankerchat/dankerchat/contracts"
)

// State fetched early with the events applied counts as state fetched late, whoever is
// muted and unmuted in between.
func TestCountsFollowTheServers(t *testing.T) {
	t.Parallel()
	server := servertest.Start(t, "--limit", "messages=10000", "--limit", "messages_burst=10000", "--limit", "conversation_rps=10000", "--limit", "api_rps=10000", "--limit", "api_burst=10000")
	people := []*dankerchat.Client{server.Client(t, servertest.Owner), server.NewUser(t, "member", "Member"), server.NewUser(t, "third", "Third")}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	ids := make([]string, len(people))
	for i, p := range people {
		ids[i] = must(p.Me(ctx)).ID
	}
	me, places := people[0], []string{"#general", must(people[1].OpenDirect(ctx, ids[0])).ID, must(people[1].OpenDirect(ctx, ids[0], ids[2])).ID}
	early := must(me.Sync(ctx))

	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	for range 80 {
		place, other := places[rnd.IntN(len(places))], ids[1+rnd.IntN(2)]
		var err error
		switch rnd.IntN(8) {
		case 0:
			_, err = me.MuteUser(ctx, other, []contracts.MuteLevel{contracts.LevelMuted, contracts.LevelBlocked}[rnd.IntN(2)])
		case 1:
			err = me.UnmuteUser(ctx, other)
		case 2:
			conversation := must(me.Conversation(ctx, must(me.Resolve(ctx, place))))
			_, err = me.MarkRead(ctx, place, conversation.LastPosition-int64(rnd.IntN(4)))
		default: // one's own post, now and then; a third person is not in the conversation of two
			_, err = people[rnd.IntN(len(people))].Post(ctx, place, []string{"hello", "@owner", "@all"}[rnd.IntN(3)])
		}
		switch contracts.CodeOf(err) {
		case contracts.CodeCannotMessage, contracts.CodeNotFound, contracts.CodeInvalid:
		default:
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	must(people[1].Post(ctx, "#general", "the last"))
	late := must(me.Sync(ctx))

	st := newState(early)
	for ev, err := range me.Stream(dankerchat.StreamOptions{From: &early.Cursor}).Events(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		st.apply(ev, time.Now())
		if ev.Cursor.Position >= late.Cursor.Position {
			break
		}
	}
	want := newState(late)
	for id, w := range want.conversations {
		if got := st.conversations[id]; got.Unread != w.Unread || got.Mentions != w.Mentions || got.Hushed != w.Hushed {
			t.Errorf("%s: %d unread, %d mentions, %d hushed; the server counts %d, %d, %d", want.name(w), got.Unread, got.Mentions, got.Hushed, w.Unread, w.Mentions, w.Hushed)
		}
	}
	if len(st.muted) != len(want.muted) {
		t.Errorf("muted are %v, want %v", st.muted, want.muted)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
