package messaging_test

import (
	"context"
	"database/sql"
	"slices"
	"sync"
	"testing"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
)

func TestOpenDirect(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		d, created, err := r.OpenDirect(ctx, actor(0), users(1))
		if err != nil || !created || d.Kind != contracts.KindDirect || len(d.Participants) != 2 || d.Participants[1].Username != "user1" {
			t.Fatalf("opened %+v, created %v, %v", d, created, err)
		}
		again, created, err := r.OpenDirect(ctx, actor(1), users(0, 1, 0))
		if err != nil || created || again.ID != d.ID {
			t.Errorf("from the other side: %+v, created %v, %v", again, created, err)
		}
		notes, created, err := r.OpenDirect(ctx, actor(0), nil)
		if err != nil || !created || len(notes.Participants) != 1 {
			t.Errorf("notes: %+v, created %v, %v", notes, created, err)
		}
		group, created, err := r.OpenDirect(ctx, actor(0), users(1, 2))
		if err != nil || !created || group.ID == d.ID {
			t.Errorf("a third person makes another conversation: %+v, %v, %v", group, created, err)
		}
		r.post(1, d.ID, "hi")
		r.wantCounts(0, d.ID, 1, 0)
		got, err := r.Direct(ctx, actor(0), d.ID)
		if err != nil || got.LastPosition != 1 {
			t.Errorf("direct: %+v, %v", got, err)
		}
		_, err = r.Direct(ctx, actor(2), d.ID)
		wantCode(t, err, contracts.CodeNotFound)
		channel := r.channel(contracts.KindPublic, 0)
		_, err = r.Direct(ctx, actor(0), channel)
		wantCode(t, err, contracts.CodeNotFound)
		r.wantSound()
	})
}

func TestOpenDirectRefuses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		if d, _, err := r.OpenDirect(ctx, actor(0), users(upTo(9)...)); err != nil || len(d.Participants) != 9 {
			t.Errorf("nine people: %+v, %v", d, err)
		}
		_, _, err := r.OpenDirect(ctx, actor(0), users(upTo(10)...))
		wantCode(t, err, contracts.CodeInvalid)
		_, _, err = r.OpenDirect(ctx, actor(0), users(1000))
		wantCode(t, err, contracts.CodeInvalid)
		_, _, err = r.OpenDirect(ctx, contracts.Operator, users(1))
		wantCode(t, err, contracts.CodeForbidden)
		d, _, err := r.OpenDirect(ctx, actor(0), users(1))
		if err != nil {
			t.Fatal(err)
		}
		// The participants are fixed.
		err = r.tx(func(ctx context.Context, tx *sql.Tx) error {
			_, err := r.JoinTx(ctx, tx, d.ID, "", userID(2))
			return err
		})
		wantCode(t, err, contracts.CodeConflict)
		err = r.tx(func(ctx context.Context, tx *sql.Tx) error {
			_, err := r.LeaveTx(ctx, tx, d.ID, "", userID(1))
			return err
		})
		wantCode(t, err, contracts.CodeConflict)
		err = r.tx(func(ctx context.Context, tx *sql.Tx) error { return r.SetKindTx(ctx, tx, d.ID, contracts.KindPublic) })
		wantCode(t, err, contracts.CodeNotFound)
	})
}

// The same people open the same
// conversation at the same moment, and there is one.
func TestOpenDirectRace(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		for round := range 5 {
			var mu sync.Mutex // guards ids and made
			ids, made := map[string]bool{}, 0
			var wg sync.WaitGroup
			for i := range 16 {
				wg.Go(func() {
					me, other := 2*round, 2*round+1
					if i%2 == 1 {
						me, other = other, me
					}
					d, created, err := r.OpenDirect(t.Context(), actor(me), users(other))
					if err != nil {
						t.Errorf("open: %v", err)
						return
					}
					mu.Lock()
					defer mu.Unlock()
					ids[d.ID] = true
					if created {
						made++
					}
				})
			}
			wg.Wait()
			if len(ids) != 1 || made != 1 {
				t.Errorf("%d conversations, made %d times", len(ids), made)
			}
		}
		r.wantSound()
	})
}

func TestOpenDirectAppendsOneEvent(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		d, _, err := r.OpenDirect(t.Context(), actor(0), users(1))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := r.OpenDirect(t.Context(), actor(1), users(0)); err != nil {
			t.Fatal(err)
		}
		events, err := eventlog.Since(t.Context(), r.db.Read, 0, 10)
		if err != nil || len(events) != 1 || events[0].Type != contracts.EventDirectCreated || events[0].Scope != d.ID {
			t.Errorf("events %+v, %v", events, err)
		}
	})
}

func TestDirectsPages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		var ids []string
		for n := 1; n <= 7; n++ {
			d, _, err := r.OpenDirect(ctx, actor(0), users(n))
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, d.ID)
		}
		if _, _, err := r.OpenDirect(ctx, actor(1), users(2)); err != nil { // somebody else's
			t.Fatal(err)
		}
		r.channel(contracts.KindPublic, 0) // no direct conversation
		var got []string
		req := contracts.PageRequest{Limit: 3}
		for pages := 1; ; pages++ {
			page, err := r.Directs(ctx, actor(0), req)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range page.Data {
				got = append(got, d.ID)
			}
			if !page.Page.HasMore {
				if pages != 3 {
					t.Errorf("%d pages, want 3", pages)
				}
				break
			}
			req.After = *page.Page.Next
		}
		if !slices.Equal(sorted(got), sorted(ids)) {
			t.Errorf("pages hold %d conversations, want %d", len(got), len(ids))
		}
		_, err := r.Directs(ctx, actor(0), contracts.PageRequest{Limit: 201})
		wantCode(t, err, contracts.CodeInvalid)
		_, err = r.Directs(ctx, actor(0), contracts.PageRequest{After: "nonsense"})
		wantCode(t, err, contracts.CodeInvalid)
	})
}
