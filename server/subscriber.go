package server

import (
	"bytes"
	"encoding/json"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/messaging"
)

// What the hub calls, under its lock: everything here only enqueues.

// UserID implements messaging.Subscriber.
func (c *conn) UserID() string { return c.user }

// Guest implements messaging.Subscriber.
func (c *conn) Guest() bool { return c.guest.Load() }

// Start answers the client's hello and enqueues what it missed.
func (c *conn) Start(r messaging.Resume) {
	d := helloAnswer{
		UserID: c.user, ConnectionID: c.id, Epoch: r.Cursor.Epoch, Position: r.Cursor.Position, Mark: r.Cursor.Mark,
		Resumed: r.Resumed, Replayed: len(r.Replayed), HeartbeatMS: int(pingEvery.Milliseconds()), MaxFrame: maxFrame,
	}
	d.Server.Version = c.srv.build.Version
	if !r.Resumed {
		d.Reason = &r.Reason
	}
	hello := &messaging.Frame{Bytes: encode(answerFrame{Op: "hello", ID: c.hello, D: d})}
	c.enqueue(true, append([]*messaging.Frame{hello}, r.Replayed...)...)
	c.live.Store(true)
}

// Deliver enqueues an event.
func (c *conn) Deliver(f *messaging.Frame) {
	switch f.Type {
	case contracts.EventTyping:
		if at := c.focus.Load(); at != nil && !bytes.Contains(f.Bytes, []byte(*at)) {
			return
		}
	case contracts.EventUserUpdated:
		c.noteRole(f)
	case contracts.EventSettingsChanged:
		c.srv.sockets.demanded()
	}
	c.enqueue(false, f)
}

// noteRole takes over one's own new role from the log, in its order: a member who
// becomes a guest gets nothing of the members' events from here on.
func (c *conn) noteRole(f *messaging.Frame) {
	if !bytes.Contains(f.Bytes, []byte(c.user)) {
		return
	}
	var ev struct {
		D contracts.User `json:"d"`
	}
	if json.Unmarshal(f.Bytes, &ev) != nil || ev.D.ID != c.user {
		return
	}
	c.guest.Store(ev.D.Role == contracts.RoleGuest)
	if actor := c.actor.Load(); actor != nil && actor.Role != ev.D.Role {
		c.srv.sockets.demanded()
	}
}

// Revoke closes the connection when its own session or token, or its user, is meant.
func (c *conn) Revoke(ev contracts.Event) {
	actor := c.actor.Load()
	switch {
	case actor == nil:
	case ev.Type == contracts.EventUserSuspended:
		c.close(closeSuspended, closeReason{Code: "suspended"})
	case ev.Subject == actor.SessionID || ev.Subject == actor.TokenID:
		c.close(closeRevoked, closeReason{Code: "revoked"})
	}
}
