package dankerchat

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// queue is a store at which this program had to wait.
type queue struct {
	tokens Tokens
	locked time.Time // until when it would have waited
	turn   time.Time // when it was its turn
}

func (q *queue) Update(ctx context.Context, fn func(Tokens) (Tokens, error)) error {
	q.locked, _ = ctx.Deadline()
	q.turn = time.Now()
	t, err := fn(q.tokens)
	q.tokens = t
	return err
}

// granting is a server that exchanges every token.
type granting struct{ until time.Time }

func (g *granting) RoundTrip(r *http.Request) (*http.Response, error) {
	g.until, _ = r.Context().Deadline()
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"access_token":"b","refresh_token":"dkr_b","expires_in":900}`))}, nil
}

// What the wait for one's turn took is not taken from the exchange: broken off, it would
// cost the session.
func TestAnExchangeHasItsTimeAfterTheWait(t *testing.T) {
	t.Parallel()
	stale := Tokens{Access: "a", Refresh: "dkr_a", Expires: time.Now().Add(-time.Minute)}
	store, server := &queue{tokens: stale}, &granting{}
	c, err := New("http://127.0.0.1:1", WithTokens(stale), WithTokenStore(store), WithHTTPClient(&http.Client{Transport: server}))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.refreshIfDue(t.Context()); err != nil || store.tokens.Refresh != "dkr_b" {
		t.Fatalf("%+v, %v", store.tokens, err)
	}
	if whole := store.turn.Add(refreshTimeout); server.until.Before(whole) {
		t.Errorf("the exchange ends at %v, want %v after the wait's end at %v", server.until, refreshTimeout, store.turn)
	}
	if store.locked.IsZero() {
		t.Error("the wait has no end")
	}
}
