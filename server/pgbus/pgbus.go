// Package pgbus carries the hints of several servers over PostgreSQL's LISTEN and
// NOTIFY: who wrote wakes the others, and typing and presence travel inside. A lost
// hint costs nothing but time: the hub polls the log as well.
package pgbus

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"

	"github.com/dankerchat/dankerchat/messaging"
)

// channel is the NOTIFY channel; each database has its own.
const channel = "dankerchat"

// maxPayload is PostgreSQL's bound of a NOTIFY payload, 8,000 bytes, with room.
const maxPayload = 7900

// Times of a broken connection: the first wait, the longest, and how long a
// connection may be silent before it is asked whether it lives.
const (
	firstWait = 100 * time.Millisecond
	lastWait  = 5 * time.Second
	silence   = 30 * time.Second
)

// Bus is a [messaging.Bus] over one PostgreSQL database. It holds two connections of
// its own. Make it with [New].
type Bus struct {
	url string
	log zerolog.Logger

	mu   sync.Mutex // guards conn, and is held while a hint is sent
	conn *pgx.Conn  // for sending; nil until it is needed
}

// New returns a bus over the database at url; it connects when it is used.
func New(url string, log zerolog.Logger) *Bus { return &Bus{url: url, log: log} }

// Publish implements [messaging.Bus]. It fails when the database cannot be reached;
// the next one tries anew.
func (b *Bus) Publish(ctx context.Context, hint messaging.Hint) error {
	payload, err := json.Marshal(hint)
	if err != nil {
		return fmt.Errorf("encode hint: %w", err)
	}
	if len(payload) > maxPayload {
		return fmt.Errorf("publish hint: %d bytes do not fit into a notification", len(payload))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.conn == nil || b.conn.IsClosed() {
		conn, err := pgx.Connect(ctx, b.url)
		if err != nil {
			return fmt.Errorf("connect for notifications: %w", err)
		}
		b.conn = conn
	}
	if _, err := b.conn.Exec(ctx, `SELECT pg_notify($1, $2)`, channel, string(payload)); err != nil {
		_ = b.conn.Close(context.WithoutCancel(ctx))
		b.conn = nil
		return fmt.Errorf("notify: %w", err)
	}
	return nil
}

// Subscribe implements [messaging.Bus]. It reconnects by itself, with jitter, until
// ctx ends; after a reconnect it gives an empty hint, since some may have been missed.
func (b *Bus) Subscribe(ctx context.Context, fn func(messaging.Hint)) error {
	wait := firstWait
	for ctx.Err() == nil {
		began := time.Now()
		err := b.listen(ctx, fn)
		if ctx.Err() != nil {
			return nil
		}
		if time.Since(began) > silence {
			wait = firstWait
		}
		b.log.Warn().Err(err).Dur("retry_in", wait).Msg("notifications interrupted")
		select {
		case <-ctx.Done():
		case <-time.After(wait/2 + rand.N(wait)):
		}
		wait = min(2*wait, lastWait)
	}
	return nil
}

func (b *Bus) listen(ctx context.Context, fn func(messaging.Hint)) error {
	conn, err := pgx.Connect(ctx, b.url)
	if err != nil {
		return fmt.Errorf("connect for notifications: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, `LISTEN `+channel); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	fn(messaging.Hint{})
	for {
		waitCtx, cancel := context.WithTimeout(ctx, silence)
		n, err := conn.WaitForNotification(waitCtx)
		cancel()
		switch {
		case err == nil:
			var hint messaging.Hint
			if json.Unmarshal([]byte(n.Payload), &hint) != nil {
				continue // somebody else's, or a later version's
			}
			fn(hint)
		case ctx.Err() != nil:
			return ctx.Err()
		case waitCtx.Err() != nil && !conn.IsClosed():
			if err := conn.Ping(ctx); err != nil { // half-open connections end here
				return fmt.Errorf("ping: %w", err)
			}
		default:
			return fmt.Errorf("wait for notification: %w", err)
		}
	}
}

// Close ends the sending connection.
func (b *Bus) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.conn == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := b.conn.Close(ctx)
	b.conn = nil
	return err
}
