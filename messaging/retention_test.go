package messaging_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
	"github.com/dankerchat/dankerchat/messaging"
)

func TestExpireBefore(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		var clock atomic.Int64
		start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		clock.Store(start.UnixMilli())
		r := &rig{t, db, messaging.New(db, messaging.Config{People: crowd, Now: func() time.Time { return time.UnixMilli(clock.Load()) }})}
		ctx := t.Context()
		c, quiet := r.channel(contracts.KindPublic, 0, 1, 2), r.channel(contracts.KindPublic, 0, 1)
		const old = 1200 // more than two chunks
		post := func(i int) contracts.Message {
			m, _, err := r.Post(ctx, actor(i%2), contracts.NewMessage{ConversationID: c, Text: fmt.Sprintf("secret %d @user2 @all", i), ClientMsgID: fmt.Sprint(i)})
			if err != nil {
				t.Errorf("post %d: %v", i, err)
			}
			return m
		}
		first := post(0)
		var wg sync.WaitGroup
		for i := 1; i < old; i++ {
			wg.Go(func() { post(i) })
		}
		wg.Wait()
		if _, err := r.Edit(ctx, actor(0), first.ID, "still secret @user2", 0); err != nil {
			t.Fatal(err)
		}
		if _, err := r.MarkUnreadFrom(ctx, actor(1), c, 1); err != nil {
			t.Fatal(err)
		}
		r.post(0, quiet, "secret and old")
		clock.Add(48 * time.Hour.Milliseconds())
		r.post(0, c, "young @user2")
		r.post(1, c, "young @all")
		cut := start.Add(24 * time.Hour)

		if n, err := r.ExpireBefore(ctx, cut, true); err != nil || n != old+1 {
			t.Errorf("dry run: %d, %v", n, err)
		}
		if h, err := r.Messages(ctx, actor(0), c, history(1)); err != nil || !h.HasBefore {
			t.Errorf("a dry run changed the history: %+v, %v", h, err)
		}
		head, err := eventlog.Head(ctx, db.Read)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := r.ExpireBefore(ctx, cut, false); err != nil || n != old+1 {
			t.Errorf("erased %d, %v", n, err)
		}
		if n, err := r.ExpireBefore(ctx, cut, false); err != nil || n != 0 {
			t.Errorf("again: erased %d, %v", n, err)
		}
		events, err := eventlog.Since(ctx, db.Read, head.Position, 10)
		if err != nil || len(events) != 2 {
			t.Fatalf("%d events, %v; want one for each conversation", len(events), err)
		}
		for _, ev := range events {
			if want := map[string]string{c: `{"through_position":1200}`, quiet: `{"through_position":1}`}[ev.Scope]; ev.Type != contracts.EventMessagesRemoved || ev.Refs != want {
				t.Errorf("event %+v", ev)
			}
		}
		h, err := r.Messages(ctx, actor(0), c, history(0))
		if err != nil || texts(h.Messages) != "young @user2 young @all" || h.HasBefore || h.HasAfter || h.Messages[0].Position != old+1 {
			t.Errorf("history %+v, %v", h, err)
		}
		if h, err := r.Messages(ctx, actor(0), quiet, history(0)); err != nil || len(h.Messages) != 0 || h.HasBefore || h.HasAfter {
			t.Errorf("the history of the quiet one: %+v, %v", h, err)
		}
		_, err = r.Message(ctx, actor(0), first.ID)
		wantCode(t, err, contracts.CodeNotFound)
		_, err = r.Edit(ctx, actor(0), first.ID, "back", 0)
		wantCode(t, err, contracts.CodeNotFound)
		_, err = r.Remove(ctx, actor(0), first.ID)
		wantCode(t, err, contracts.CodeNotFound)
		var traces int
		if err := db.Read.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM messages WHERE text LIKE '%secret%' OR position <= 1200 AND request_hash <> '' AND conversation_id = $1)
			+ (SELECT count(*) FROM message_revisions) + (SELECT count(*) FROM mentions WHERE position <= 1200)`, c).Scan(&traces); err != nil || traces != 0 {
			t.Errorf("%d traces are left, %v", traces, err)
		}
		r.wantCounts(2, c, 2, 2) // what is gone counts as read
		r.wantCounts(1, c, 0, 0) // his own post marked all as read
		r.wantCounts(1, quiet, 0, 0)
		// A repeat of an erased post still finds that it was made.
		if m, duplicate, err := r.Post(ctx, actor(0), contracts.NewMessage{ConversationID: c, Text: "secret 0 @user2 @all", ClientMsgID: "0"}); err != nil || !duplicate || m.Text != "" || m.ID != first.ID {
			t.Errorf("repeat: %+v, %v, %v", m, duplicate, err)
		}
		// The log's replay shows nothing either.
		replay := []*contracts.Event{{Type: contracts.EventMessageCreated, Scope: c, Subject: first.ID}}
		if err := r.Payload(ctx, db.Read, replay); err != nil || !containsAll(string(replay[0].Data), `"text":""`, `"deleted_at":"2026`) {
			t.Errorf("replay %s, %v", replay[0].Data, err)
		}
		r.wantSound()
	}, messaging.Migrations)
}

// A clock that went backwards keeps more, never less.
func TestExpireBeforeStopsAtTheFirstYoungMessage(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		var clock atomic.Int64
		r := &rig{t, db, messaging.New(db, messaging.Config{People: crowd, Now: func() time.Time { return time.UnixMilli(clock.Load()) }})}
		c := r.channel(contracts.KindPublic, 0)
		for _, ms := range []int64{100, 200, 900, 300, 400} {
			clock.Store(ms)
			r.post(0, c, fmt.Sprint(ms))
		}
		if n, err := r.ExpireBefore(t.Context(), time.UnixMilli(500), false); err != nil || n != 2 {
			t.Errorf("erased %d, %v", n, err)
		}
		if h, err := r.Messages(t.Context(), actor(0), c, history(0)); err != nil || texts(h.Messages) != "900 300 400" {
			t.Errorf("history %q, %v", texts(h.Messages), err)
		}
		r.wantSound()
	}, messaging.Migrations)
}
