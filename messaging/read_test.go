package messaging_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/messaging"
)

func TestMarkRead(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		c := r.channel(contracts.KindPublic, 0, 1)
		for _, text := range []string{"1 @user1", "2", "3 @user1", "4 @all", "5 @user1 @here", "6"} {
			r.post(0, c, text)
		}
		r.wantCounts(1, c, 6, 4)
		for _, tc := range []struct{ position, read, unread, mentions int64 }{
			{1, 1, 5, 3},
			{3, 3, 3, 2},
			{2, 3, 3, 2}, // never back
			{0, 3, 3, 2},
			{4, 4, 2, 1},
			{99, 6, 0, 0}, // over the end is the end
		} {
			got, err := r.MarkRead(ctx, actor(1), c, tc.position)
			want := contracts.ReadState{ConversationID: c, LastReadPosition: tc.read, LastPosition: 6, Unread: tc.unread, Mentions: tc.mentions}
			if err != nil || got != want {
				t.Errorf("read to %d: %+v, %v; want %+v", tc.position, got, err, want)
			}
			r.wantCounts(1, c, tc.unread, tc.mentions)
		}
		for _, tc := range []struct{ position, unread, mentions int64 }{{6, 1, 0}, {5, 2, 1}, {1, 6, 4}, {3, 4, 3}} {
			got, err := r.MarkUnreadFrom(ctx, actor(1), c, tc.position)
			if err != nil || got.LastReadPosition != tc.position-1 || got.Unread != tc.unread || got.Mentions != tc.mentions {
				t.Errorf("unread from %d: %+v, %v; want %d unread, %d mentions", tc.position, got, err, tc.unread, tc.mentions)
			}
			r.wantCounts(1, c, tc.unread, tc.mentions)
		}
		own, err := r.MarkUnreadFrom(ctx, actor(0), c, 1)
		if err != nil || own.Unread != 6 || own.Mentions != 0 {
			t.Errorf("one's own messages mention others: %+v, %v", own, err)
		}
		r.wantSound()
	})
}

func TestMarkReadRefuses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		c := r.channel(contracts.KindPublic, 0)
		r.post(0, c, "one")
		_, err := r.MarkRead(ctx, actor(0), c, -1)
		wantCode(t, err, contracts.CodeInvalid)
		_, err = r.MarkRead(ctx, actor(1), c, 1)
		wantCode(t, err, contracts.CodeNotFound)
		_, err = r.MarkRead(ctx, contracts.Operator, c, 1)
		wantCode(t, err, contracts.CodeForbidden)
		for _, position := range []int64{0, 2, -1} {
			_, err = r.MarkUnreadFrom(ctx, actor(0), c, position)
			wantCode(t, err, contracts.CodeInvalid)
		}
		_, err = r.MarkUnreadFrom(ctx, actor(1), c, 1)
		wantCode(t, err, contracts.CodeNotFound)
	})
}

func TestReadingTellsOnlyOneself(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		c := r.channel(contracts.KindPublic, 0, 1)
		m := r.post(0, c, "one")
		for range 2 { // the second changes nothing and says nothing
			if _, err := r.MarkRead(ctx, actor(1), c, m.Position); err != nil {
				t.Fatal(err)
			}
		}
		events, err := eventlog.SinceScopes(ctx, r.db.Read, 0, 1<<40, []string{userID(1)}, 10)
		if err != nil || len(events) != 1 || events[0].Type != contracts.EventReadUpdated || events[0].Subject != c || events[0].Refs != `{"last_read_position":1}` {
			t.Errorf("events %+v, %v", events, err)
		}
	})
}

func TestMarkAllRead(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		var channels []string
		for i := range 20 {
			c := r.channel(contracts.KindPublic, 0, 1)
			channels = append(channels, c)
			if i%2 == 0 {
				r.post(0, c, "hi @all and @user1")
			}
		}
		unread, err := r.Unread(ctx, actor(1))
		if err != nil || len(unread) != 10 || unread[0].Unread != 1 || unread[0].Mentions != 1 {
			t.Errorf("unread %+v, %v", unread, err)
		}
		read, err := r.MarkAllRead(ctx, actor(1))
		if err != nil || len(read) != 10 || read[0].Unread != 0 || read[0].LastReadPosition != 1 {
			t.Errorf("marked %+v, %v", read, err)
		}
		if unread, err := r.Unread(ctx, actor(1)); err != nil || len(unread) != 0 {
			t.Errorf("still unread %+v, %v", unread, err)
		}
		if read, err := r.MarkAllRead(ctx, actor(1)); err != nil || len(read) != 0 {
			t.Errorf("again %+v, %v", read, err)
		}
		for _, c := range channels {
			r.wantCounts(1, c, 0, 0)
		}
		r.wantSound()
	})
}

func TestMemberships(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		a, b := r.channel(contracts.KindPublic, 0, 1), r.channel(contracts.KindPrivate, 0, 1)
		d, _, err := r.OpenDirect(ctx, actor(0), users(1))
		if err != nil {
			t.Fatal(err)
		}
		r.channel(contracts.KindPublic, 2) // not his
		time.Sleep(2 * time.Millisecond)
		r.post(0, a, "one @user1")
		err = r.db.Snapshot(ctx, func(ctx context.Context, tx *sql.Tx, _ int64) error {
			list, err := r.Service.Memberships(ctx, tx, userID(1))
			if err != nil {
				return err
			}
			if len(list) != 3 || list[0].ConversationID != a || list[0].Unread != 1 || list[0].Mentions != 1 || list[0].LastPostAt == nil || list[0].Channel != nil {
				t.Errorf("memberships %+v", list)
			}
			for _, m := range list {
				switch m.ConversationID {
				case d.ID:
					if m.Direct == nil || len(m.Direct.Participants) != 2 || m.Kind != contracts.KindDirect {
						t.Errorf("direct %+v", m)
					}
				case b:
					if m.Kind != contracts.KindPrivate || m.Direct != nil || m.LastPostAt != nil {
						t.Errorf("private %+v", m)
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// Whatever is done in whatever order, the counters are those that a count finds.
func TestCountersStayTrue(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		const members = 6
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		convs := []string{r.channel(contracts.KindPublic, upTo(members)...), r.channel(contracts.KindPrivate, upTo(members)...)}
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() {
				rnd := rand.New(rand.NewPCG(seed, uint64(w)))
				var mine []contracts.Message
				for range 60 {
					ctx := t.Context()
					c, n := convs[rnd.IntN(2)], rnd.IntN(members)
					var err error
					switch k := rnd.IntN(14); {
					case k < 5:
						text := fmt.Sprintf("to @user%d and @user%d", rnd.IntN(members+2), rnd.IntN(members))
						if rnd.IntN(3) == 0 {
							text += " and @all"
						}
						var m contracts.Message
						if m, _, err = r.Post(ctx, actor(n), contracts.NewMessage{ConversationID: c, Text: text}); err == nil {
							mine = append(mine, m)
						}
					case k < 7:
						_, err = r.MarkRead(ctx, actor(n), c, rnd.Int64N(60))
					case k < 8:
						_, err = r.MarkUnreadFrom(ctx, actor(n), c, 1+rnd.Int64N(20))
					case k < 9 && len(mine) > 0:
						m := mine[rnd.IntN(len(mine))]
						_, err = r.Edit(ctx, contracts.Actor{UserID: m.Author.ID, Role: contracts.RoleMember}, m.ID, fmt.Sprintf("now to @user%d", rnd.IntN(members)), 0)
					case k < 10 && len(mine) > 0:
						m := mine[rnd.IntN(len(mine))]
						_, err = r.Remove(ctx, actor(0), m.ID)
					case k < 11:
						err = r.tx(func(ctx context.Context, tx *sql.Tx) error {
							if _, err := r.LeaveTx(ctx, tx, c, "", userID(n)); err != nil {
								return err
							}
							_, err := r.JoinTx(ctx, tx, c, "", userID(rnd.IntN(members)))
							return err
						})
					case k < 13:
						err = r.tx(func(ctx context.Context, tx *sql.Tx) error {
							_, err := r.SystemTx(ctx, tx, c, userID(n), "did something")
							return err
						})
					default:
						_, err = r.MarkAllRead(ctx, actor(n))
					}
					switch contracts.CodeOf(err) {
					case contracts.CodeNotFound, contracts.CodeInvalid, contracts.CodeConflict: // left, nothing there yet, deleted
					default:
						if err != nil {
							t.Errorf("%v", err)
						}
					}
				}
			})
		}
		wg.Wait()
		r.wantSound()
	})
}

func TestReadCoalescer(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		c := r.channel(contracts.KindPublic, 0, 1, 2)
		for i := range 10 {
			r.post(0, c, fmt.Sprintf("%d @user1", i))
		}
		events := func() int {
			t.Helper()
			list, err := eventlog.SinceScopes(ctx, r.db.Read, 0, 1<<40, []string{userID(1)}, 100)
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		co := messaging.NewReadCoalescer(r.Service)
		messaging.SetReadWindow(co, time.Hour) // whose end no test sees; Flush does what it does
		mark := func(n int, position int64) contracts.ReadState {
			t.Helper()
			st, err := co.MarkRead(ctx, actor(n), c, position)
			if err != nil {
				t.Fatal(err)
			}
			return st
		}
		if st := mark(1, 1); st.LastReadPosition != 1 || events() != 1 {
			t.Errorf("the first is written at once: %+v, %d events", st, events())
		}
		for p := int64(2); p <= 8; p++ {
			if st := mark(1, p); st.LastReadPosition != p || st.Unread != 10-p || st.Mentions != 10-p {
				t.Errorf("at %d: %+v", p, st)
			}
		}
		if st := mark(1, 3); st.LastReadPosition != 1 && st.LastReadPosition != 3 && st.LastReadPosition != 8 {
			t.Errorf("back to 3: %+v", st)
		}
		if n := events(); n != 1 {
			t.Errorf("%d events before the window is over", n)
		}
		co.Flush(userID(1))
		if events() != 2 {
			t.Errorf("%d events, want one at once and one for all that followed", events())
		}
		r.wantCounts(1, c, 2, 2)
		mark(1, 9)
		mark(2, 5)
		mark(2, 6)
		co.Flush(userID(2))
		r.wantCounts(2, c, 4, 0)
		_, err := co.MarkRead(ctx, actor(3), c, 1)
		wantCode(t, err, contracts.CodeNotFound)
		_, err = co.MarkRead(ctx, actor(1), c, -1)
		wantCode(t, err, contracts.CodeInvalid)
		co.Close()
		r.wantCounts(1, c, 1, 1)
		if st := mark(1, 10); st.Unread != 0 { // written at once from now on
			t.Errorf("after Close: %+v", st)
		}
		r.wantCounts(1, c, 0, 0)

		co = messaging.NewReadCoalescer(r.Service) // its second ends by itself
		mark(2, 7)
		mark(2, 8)
		eventually(t, "the last position is written", func() bool { return r.state(2, c).Unread == 2 })
		co.Close()
		r.wantSound()
	})
}
