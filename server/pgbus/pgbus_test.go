package pgbus

import (
	"context"
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
	"github.com/dankerchat/dankerchat/messaging"
)

// listen subscribes and waits until the subscription stands.
func listen(t *testing.T, b *Bus) (hints chan messaging.Hint, stop func() error) {
	t.Helper()
	hints = make(chan messaging.Hint, 100)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Subscribe(ctx, func(h messaging.Hint) { hints <- h }) }()
	t.Cleanup(cancel)
	await(t, hints, func(h messaging.Hint) bool { return h == messaging.Hint{} })
	return hints, func() error { cancel(); return <-ended }
}

func await(t *testing.T, hints chan messaging.Hint, want func(messaging.Hint) bool) messaging.Hint {
	t.Helper()
	end := time.After(time.Minute)
	for {
		select {
		case h := <-hints:
			if want(h) {
				return h
			}
		case <-end:
			t.Fatal("no hint")
		}
	}
}

func TestHintsTravelAndSurviveALostConnection(t *testing.T) {
	t.Parallel()
	url := sqldbtest.PostgresURL(t)
	a, b := New(url, zerolog.Nop()), New(url, zerolog.Nop())
	t.Cleanup(func() { _ = a.Close(); _ = b.Close() })
	hints, stop := listen(t, b)
	typing := &contracts.Event{Type: contracts.EventTyping, At: time.Now().UTC(), Data: []byte(`{"conversation_id":"c","user_id":"u"}`)}
	if err := a.Publish(t.Context(), messaging.Hint{Instance: "a", Head: 7, Ephemeral: typing}); err != nil {
		t.Fatal(err)
	}
	got := await(t, hints, func(h messaging.Hint) bool { return h.Instance == "a" })
	if got.Head != 7 || got.Ephemeral == nil || got.Ephemeral.Type != contracts.EventTyping || string(got.Ephemeral.Data) != string(typing.Data) {
		t.Errorf("got %+v", got)
	}

	// All connections of the bus are cut: it comes back, says so with an empty hint, and
	// what is published then arrives.
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.ExecContext(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`); err != nil {
		t.Fatal(err)
	}
	await(t, hints, func(h messaging.Hint) bool { return h == messaging.Hint{} })
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if err := a.Publish(t.Context(), messaging.Hint{Instance: "again", Head: 8}); err == nil {
			break
		} else if time.Now().After(end) {
			t.Fatalf("publish after a lost connection: %v", err)
		}
	}
	await(t, hints, func(h messaging.Hint) bool { return h.Instance == "again" })
	if err := stop(); err != nil {
		t.Errorf("subscribe ended with %v", err)
	}
}

func TestWhatCannotBePublished(t *testing.T) {
	t.Parallel()
	b := New(sqldbtest.PostgresURL(t), zerolog.Nop())
	t.Cleanup(func() { _ = b.Close() })
	huge := &contracts.Event{Type: contracts.EventTyping, Data: []byte(`"` + strings.Repeat("x", 9000) + `"`)}
	if err := b.Publish(t.Context(), messaging.Hint{Instance: "a", Ephemeral: huge}); err == nil {
		t.Error("9,000 bytes were published")
	}
	gone := New("postgres://127.0.0.1:1/none?connect_timeout=2", zerolog.Nop())
	if err := gone.Publish(t.Context(), messaging.Hint{Instance: "a"}); err == nil {
		t.Error("published into nothing")
	}
}
