package messaging_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/messaging"
)

func TestPost(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		c := r.channel(contracts.KindPublic, 0, 1)
		first := r.post(0, c, "one")
		second := r.post(1, c, "two")
		if first.Position != 1 || second.Position != 2 {
			t.Errorf("positions %d and %d, want 1 and 2", first.Position, second.Position)
		}
		if first.Author.Username != "user0" || first.Kind != contracts.MessageUser || first.Version != 1 || first.Mentions == nil {
			t.Errorf("incomplete answer: %+v", first)
		}
		got, err := r.Message(ctx, actor(1), first.ID)
		if err != nil || got.Text != "one" || !got.CreatedAt.Equal(first.CreatedAt) || got.Author != first.Author {
			t.Errorf("read back %+v, %v; posted %+v", got, err, first)
		}
		r.wantCounts(0, c, 1, 0) // an own post counts as read, with all before it
		r.wantCounts(1, c, 0, 0)
		r.wantSound()
	})
}

func TestPostAppendsOneEventWithItsData(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		c := r.channel(contracts.KindPublic, 0)
		before, err := eventlog.Head(t.Context(), r.db.Read)
		if err != nil {
			t.Fatal(err)
		}
		notes := make(chan *contracts.Event, 10)
		defer r.db.OnCommit(func(_ int64, ns []any) {
			for _, n := range ns {
				notes <- n.(*contracts.Event)
			}
		})()
		m := r.post(0, c, "hi")
		events, err := eventlog.Since(t.Context(), r.db.Read, before.Position, 10)
		if err != nil || len(events) != 1 {
			t.Fatalf("%d events, %v; want one", len(events), err)
		}
		ev := events[0]
		if ev.Type != contracts.EventMessageCreated || ev.Scope != c || ev.Actor != userID(0) || ev.Subject != m.ID || ev.Refs != "" {
			t.Errorf("event %+v", ev)
		}
		if noted := <-notes; noted.Position != ev.Position || !strings.Contains(string(noted.Data), `"text":"hi"`) {
			t.Errorf("noted %+v with data %s", noted, noted.Data)
		}
	})
}

func TestPostRefuses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		c := r.channel(contracts.KindPublic, 0, 1)
		frozen := r.channel(contracts.KindPublic, 0)
		r.mustTx(func(ctx context.Context, tx *sql.Tx) error { return r.FreezeTx(ctx, tx, frozen, true) })
		reader := actor(0)
		reader.Scopes = []string{string(contracts.PermReadMessages)}
		for _, tc := range []struct {
			name  string
			actor contracts.Actor
			m     contracts.NewMessage
			code  contracts.Code
		}{
			{"an empty text", actor(0), contracts.NewMessage{ConversationID: c, Text: " \n"}, contracts.CodeInvalid},
			{"4,001 characters", actor(0), contracts.NewMessage{ConversationID: c, Text: strings.Repeat("ä", 4001)}, contracts.CodeInvalid},
			{"broken UTF-8", actor(0), contracts.NewMessage{ConversationID: c, Text: "a\xffb"}, contracts.CodeInvalid},
			{"a NUL", actor(0), contracts.NewMessage{ConversationID: c, Text: "a\x00b"}, contracts.CodeInvalid},
			{"a long client_msg_id", actor(0), contracts.NewMessage{ConversationID: c, Text: "a", ClientMsgID: strings.Repeat("x", 65)}, contracts.CodeInvalid},
			{"one who does not take part", actor(2), contracts.NewMessage{ConversationID: c, Text: "a"}, contracts.CodeNotFound},
			{"a missing conversation", actor(0), contracts.NewMessage{ConversationID: contracts.NewID("cnv"), Text: "a"}, contracts.CodeNotFound},
			{"no conversation id", actor(0), contracts.NewMessage{ConversationID: "x", Text: "a"}, contracts.CodeNotFound},
			{"an archived channel", actor(0), contracts.NewMessage{ConversationID: frozen, Text: "a"}, contracts.CodeArchived},
			{"nobody", contracts.Actor{}, contracts.NewMessage{ConversationID: c, Text: "a"}, contracts.CodeForbidden},
			{"the operator as nobody", contracts.Operator, contracts.NewMessage{ConversationID: c, Text: "a"}, contracts.CodeForbidden},
			{"a token that may only read", reader, contracts.NewMessage{ConversationID: c, Text: "a"}, contracts.CodeForbidden},
		} {
			_, _, err := r.Post(ctx, tc.actor, tc.m)
			if err == nil || contracts.CodeOf(err) != tc.code {
				t.Errorf("%s: got %v, want %s", tc.name, err, tc.code)
			}
		}
		if m := r.post(1, c, "still 1"); m.Position != 1 {
			t.Errorf("refused posts took positions: %d", m.Position)
		}
	})
}

func TestPostLimitsAreReached(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		c := r.channel(contracts.KindPublic, 0)
		text := strings.Repeat("€", 4000) // 12,000 bytes
		if m := r.post(0, c, text); m.Text != text {
			t.Error("the longest text came back changed")
		}
	})
}

func TestPostTwiceIsOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		c, other := r.channel(contracts.KindPublic, 0, 1), r.channel(contracts.KindPublic, 0)
		nm := contracts.NewMessage{ConversationID: c, Text: "hi", ClientMsgID: "id-1"}
		first, duplicate, err := r.Post(ctx, actor(0), nm)
		if err != nil || duplicate {
			t.Fatalf("first: duplicate %v, %v", duplicate, err)
		}
		again, duplicate, err := r.Post(ctx, actor(0), nm)
		if err != nil || !duplicate || again.ID != first.ID || again.Position != first.Position || again.Author != first.Author {
			t.Errorf("again: %+v, duplicate %v, %v; first %+v", again, duplicate, err, first)
		}
		nm.Text = "other"
		_, _, err = r.Post(ctx, actor(0), nm)
		wantCode(t, err, contracts.CodeDuplicate)
		_, _, err = r.Post(ctx, actor(0), contracts.NewMessage{ConversationID: other, Text: "hi", ClientMsgID: "id-1"})
		wantCode(t, err, contracts.CodeDuplicate)
		if m, dup, err := r.Post(ctx, actor(1), nm); err != nil || dup || m.Position != 2 {
			t.Errorf("another author's same id: %+v, %v, %v", m, dup, err)
		}
		// The id belongs to the message for as long as it exists: also when it was deleted.
		if _, err := r.Delete(ctx, actor(0), first.ID); err != nil {
			t.Fatal(err)
		}
		nm.Text = "hi"
		if m, dup, err := r.Post(ctx, actor(0), nm); err != nil || !dup || m.ID != first.ID || m.DeletedAt == nil {
			t.Errorf("after the delete: %+v, %v, %v", m, dup, err)
		}
		r.wantSound()
	})
}

// Many senders at once, each of whom repeats half of his posts in parallel: no
// message is lost or doubled, and positions have no gaps.
func TestPostsTogether(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		const senders, posts = 32, 20
		ctx := t.Context()
		convs := []string{r.channel(contracts.KindPublic, upTo(senders)...), r.channel(contracts.KindPrivate, upTo(senders)...)}
		outsiders := 0
		var mu sync.Mutex // guards ids and outsiders
		ids := map[string]map[string]bool{}
		var wg sync.WaitGroup
		for n := range senders {
			for copy := range 2 {
				wg.Go(func() {
					for i := range posts {
						c := convs[(n+i)%2]
						key := fmt.Sprintf("%d-%d", n, i)
						m, _, err := r.Post(ctx, actor(n), contracts.NewMessage{ConversationID: c, Text: "hello @user1 " + key, ClientMsgID: key})
						if err != nil {
							t.Errorf("post: %v", err)
							return
						}
						mu.Lock()
						if ids[key] == nil {
							ids[key] = map[string]bool{}
						}
						ids[key][m.ID] = true
						mu.Unlock()
						if copy == 0 && i%5 == 0 {
							_, _, err := r.Post(ctx, actor(99), contracts.NewMessage{ConversationID: c, Text: "let me in"})
							wantCode(t, err, contracts.CodeNotFound)
							mu.Lock()
							outsiders++
							mu.Unlock()
						}
					}
				})
			}
		}
		wg.Wait()
		if len(ids) != senders*posts || outsiders != senders*posts/5 {
			t.Errorf("%d messages, %d refused", len(ids), outsiders)
		}
		for key, set := range ids {
			if len(set) != 1 {
				t.Errorf("%s was written %d times", key, len(set))
			}
		}
		last, err := r.LastPositions(ctx, r.db.Read, convs)
		if err != nil || last[convs[0]]+last[convs[1]] != senders*posts {
			t.Errorf("last positions %v, %v", last, err)
		}
		r.wantSound()
	})
}

func TestPostWaitsAsLongAsItsCaller(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		c := r.channel(contracts.KindPublic, 0)
		// A closure that holds the writer, so that posts have to wait.
		entered, release := make(chan struct{}), make(chan struct{})
		held := make(chan error, 1)
		go func() {
			held <- r.db.Write(context.Background(), func(context.Context, *sql.Tx) error {
				close(entered)
				<-release
				return nil
			})
		}()
		<-entered
		results := make(chan error, 1)
		post := func(ctx context.Context, id string) {
			_, _, err := r.Post(ctx, actor(0), contracts.NewMessage{ConversationID: c, Text: "late", ClientMsgID: id})
			results <- err
		}
		written, leave := context.WithCancel(t.Context())
		defer leave()
		go post(written, "first") // is taken into a batch at once
		eventually(t, "its batch waits", func() bool { return r.db.Stats().Waiting == 1 })
		behind, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		go post(behind, "second") // waits behind it
		if err := <-results; !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, contracts.ErrOutcomeUnknown) {
			t.Errorf("the one behind got %v, and is never written", err)
		}
		leave()
		if err := <-results; !errors.Is(err, context.Canceled) || !errors.Is(err, contracts.ErrOutcomeUnknown) {
			t.Errorf("the one that is being written got %v, and nobody knows", err)
		}
		close(release)
		<-held // it may have had the writer for longer than its five seconds
		if m := r.post(0, c, "next"); m.Position != 2 {
			t.Errorf("position %d, want 2: only the post that was being written came before", m.Position)
		}
	})
}

// One post that the database refuses does not take the others of its batch along.
func TestAPoisonousPostFailsAlone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		c := r.channel(contracts.KindPublic, 0)
		r.mustTx(func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `CREATE UNIQUE INDEX poison ON messages (text) WHERE text = 'poison'`)
			return err
		})
		r.post(0, c, "poison")
		entered, release := make(chan struct{}), make(chan struct{})
		held := make(chan error, 1)
		go func() {
			held <- r.db.Write(context.Background(), func(context.Context, *sql.Tx) error { close(entered); <-release; return nil })
		}()
		<-entered
		var wg sync.WaitGroup
		wg.Go(func() { r.post(0, c, "ahead") })
		eventually(t, "a batch waits for the writer", func() bool { return r.db.Stats().Waiting == 1 })
		errs := make([]error, 9)
		for i := range errs {
			wg.Go(func() {
				text := "harmless"
				if i == 4 {
					text = "poison"
				}
				_, _, errs[i] = r.Post(context.Background(), actor(0), contracts.NewMessage{ConversationID: c, Text: text})
			})
		}
		eventually(t, "the others wait behind it, for one batch", func() bool { return messaging.Waiting(r.Service) == len(errs) })
		close(release)
		wg.Wait()
		<-held // it may have had the writer for longer than its five seconds
		for i, err := range errs {
			if (err != nil) != (i == 4) {
				t.Errorf("post %d: %v", i, err)
			}
		}
		if m := r.post(0, c, "next"); m.Position != 11 {
			t.Errorf("position %d, want 11", m.Position)
		}
		r.wantSound()
	})
}

func TestPostIsRefusedWhenTooManyWait(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		small := messaging.New(r.db, messaging.Config{People: crowd, MaxQueue: 2})
		c := r.channel(contracts.KindPublic, 0)
		entered, release := make(chan struct{}), make(chan struct{})
		go func() {
			_ = r.db.Write(context.Background(), func(context.Context, *sql.Tx) error { close(entered); <-release; return nil })
		}()
		<-entered
		const n = 8
		results := make(chan error, n)
		for range n {
			go func() {
				_, _, err := small.Post(context.Background(), actor(0), contracts.NewMessage{ConversationID: c, Text: "x"})
				results <- err
			}()
		}
		busy := 0
		for busy == 0 { // at least one cannot have a place: 8 against 2 and one batch
			wantCode(t, <-results, contracts.CodeBusy)
			busy++
		}
		close(release)
		written := 0
		for range n - busy {
			if err := <-results; err == nil {
				written++
			} else {
				wantCode(t, err, contracts.CodeBusy)
			}
		}
		if m := r.post(0, c, "next"); m.Position != int64(written)+1 {
			t.Errorf("%d acknowledged, next position %d", written, m.Position)
		}
	})
}

func TestSystemMessages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		c := r.channel(contracts.KindPublic, 0, 1)
		r.post(0, c, "hi")
		var m contracts.Message
		r.mustTx(func(ctx context.Context, tx *sql.Tx) (err error) {
			m, err = r.SystemTx(ctx, tx, c, userID(0), "user0 renamed the channel for @user1 and @all")
			return err
		})
		if m.Position != 2 || m.Kind != contracts.MessageSystem || m.Author.ID != userID(0) {
			t.Errorf("system message %+v", m)
		}
		r.wantCounts(0, c, 0, 0) // had read everything: what is about himself is no news
		r.wantCounts(1, c, 1, 0) // a system message mentions nobody, and is not counted
		r.mustTx(func(ctx context.Context, tx *sql.Tx) error { return r.FreezeTx(ctx, tx, c, true) })
		r.mustTx(func(ctx context.Context, tx *sql.Tx) error {
			_, err := r.SystemTx(ctx, tx, c, "", "archived")
			return err
		})
		r.mustTx(func(ctx context.Context, tx *sql.Tx) error {
			_, err := r.SystemTx(ctx, tx, c, userID(1), "about one with something unread")
			return err
		})
		r.wantCounts(1, c, 1, 0)
		_, err := r.Edit(ctx, actor(0), m.ID, "forged", 0)
		wantCode(t, err, contracts.CodeConflict)
		_, err = r.Delete(ctx, actor(0), m.ID)
		wantCode(t, err, contracts.CodeConflict)
		err = r.tx(func(ctx context.Context, tx *sql.Tx) error {
			_, err := r.SystemTx(ctx, tx, contracts.NewID("cnv"), "", "x")
			return err
		})
		wantCode(t, err, contracts.CodeNotFound)
		r.wantSound()
	})
}
