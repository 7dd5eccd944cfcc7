package messaging_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/messaging"
)

// Between two of whom one blocks the other nothing goes, in either direction, and only
// the one who blocks is told why.
func TestNobodyWritesToWhomBlocksThem(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		d, group, c := r.open(1, 0), r.open(1, 0, 2), r.channel(contracts.KindPublic, 0, 1, 2)
		said := r.post(1, d, "hello")
		r.mute(0, 1, contracts.LevelBlocked)
		post := func(n int, conv string) error {
			_, _, err := r.Post(ctx, actor(n), contracts.NewMessage{ConversationID: conv, Text: "again"})
			return err
		}
		for n, want := range map[int]string{0: "you have blocked this person", 1: "messages to this person can't be sent"} {
			err := post(n, d)
			wantCode(t, err, contracts.CodeCannotMessage)
			if !containsAll(fmt.Sprint(err), want) {
				t.Errorf("user%d is told %v", n, err)
			}
		}
		_, err := r.Edit(ctx, actor(1), said.ID, "hello again", 0)
		wantCode(t, err, contracts.CodeCannotMessage)
		for _, n := range []int{0, 1} {
			if h, err := r.Messages(ctx, actor(n), d, messaging.HistoryRequest{}); err != nil || texts(h.Messages) != "hello" {
				t.Errorf("user%d reads %v, %v", n, h, err)
			}
			if r.open(n, 1-n) != d {
				t.Error("what was said is not found any more")
			}
		}
		if err := errorsOf(post(0, group), post(1, group), post(0, c), post(1, c)); len(err) > 0 {
			t.Errorf("in shared places: %v", err)
		}
		r.wantCounts(0, group, 0, 0) // his own came first, the other's is hushed

		_, _, err = r.OpenDirect(ctx, actor(1), users(0, 3))
		wantCode(t, err, contracts.CodeCannotMessage)
		_, _, err = r.OpenDirect(ctx, actor(0), users(1, 3))
		wantCode(t, err, contracts.CodeCannotMessage)
		r.mute(4, 5, contracts.LevelBlocked)
		_, _, err = r.OpenDirect(ctx, actor(5), users(4))
		wantCode(t, err, contracts.CodeCannotMessage)
		if !containsAll(fmt.Sprint(err), "messages to this person can't be sent") {
			t.Errorf("opening: %v", err)
		}
		r.open(3, 4, 5) // a third may bring them together

		r.mute(1, 0, contracts.LevelBlocked)
		r.unmute(0, 1)
		wantCode(t, post(0, d), contracts.CodeCannotMessage) // the other blocks, too
		r.wantSound()
		r.mute(1, 0, contracts.LevelMuted)
		if err := errorsOf(post(0, d), post(1, d)); len(err) > 0 {
			t.Errorf("muted alone: %v", err)
		}
		r.wantSound()
	})
}

// A post that is refused leaves those it waited with alone.
func TestABlockedPostHurtsNobodyElse(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		d, c := r.open(1, 0), r.channel(contracts.KindPublic, 0, 1, 2)
		r.mute(0, 1, contracts.LevelBlocked)
		results := make(chan error, 60)
		for i := range 60 {
			go func() {
				n, conv := 1, d
				if i%2 == 0 {
					n, conv = 2, c
				}
				_, _, err := r.Post(context.Background(), actor(n), contracts.NewMessage{ConversationID: conv, Text: "x", ClientMsgID: fmt.Sprint(i)})
				results <- err
			}()
		}
		refused := 0
		for range 60 {
			if err := <-results; contracts.CodeOf(err) == contracts.CodeCannotMessage {
				refused++
			} else if err != nil {
				t.Error(err)
			}
		}
		if m := r.state(0, c); refused != 30 || m.LastPosition != 30 || r.state(0, d).LastPosition != 0 {
			t.Errorf("%d refused, %d written", refused, m.LastPosition)
		}
		r.wantSound()
	})
}

func errorsOf(errs ...error) []error {
	return slices.DeleteFunc(errs, func(err error) bool { return err == nil })
}
