package server

import (
	"context"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// A role may come to owe a second factor while its people are connected: by the settings,
// or because somebody gets that role. Their sockets are closed then, whether or not they
// say anything. One goroutine looks after all of them, with a few queries for hundreds.

// demanded tells it that there may be such sockets. It never waits.
func (t *sockets) demanded() {
	select {
	case t.demands <- struct{}{}:
	default: // it will look anyway
	}
}

// watchDemands closes the sockets of sessions that owe a proof, each time that it is told to
// look, until ctx ends. A database that cannot say is asked again.
func (t *sockets) watchDemands(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.demands:
		}
		for ctx.Err() == nil {
			err := t.closeOwing(ctx)
			if err == nil {
				break
			}
			t.srv.log.Warn().Err(err).Msg("looking for sessions that owe a second factor failed")
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	}
}

func (t *sockets) closeOwing(ctx context.Context) error {
	sockets := map[string][]*conn{} // by session
	t.mu.Lock()
	for c := range t.all {
		if actor := c.actor.Load(); actor != nil && actor.SessionID != "" {
			sockets[actor.SessionID] = append(sockets[actor.SessionID], c)
		}
	}
	t.mu.Unlock()
	sessions := make([]string, 0, len(sockets))
	for id := range sockets {
		sessions = append(sessions, id)
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	owing, err := t.srv.ws.Auth.SessionsOwing(ctx, sessions)
	if err != nil {
		return err
	}
	for _, id := range owing {
		for _, c := range sockets[id] {
			c.close(closeUnauthenticated, closeReason{Code: string(contracts.CodeMFARequired)})
		}
	}
	return nil
}
