package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/messaging"
)

// opTimeout is how long one operation of a socket may take.
const opTimeout = 10 * time.Second

// typingEvery is how often typing of one socket is passed on.
const typingEvery = 3 * time.Second

// op is one operation of the socket: decode, one library call, what the ack carries.
type op func(*conn, context.Context, contracts.Actor, json.RawMessage) (any, error)

// ops are the socket's operations but hello and pong. access.go says who may.
var ops = map[string]op{
	"message.send": (*conn).messageSend,
	"read":         (*conn).read,
	"typing":       (*conn).typing,
	"focus":        (*conn).setFocus,
	"presence.set": (*conn).setPresence,
}

// greet reads the first frame, which must be hello, and attaches to the hub.
func (c *conn) greet() bool {
	late := time.AfterFunc(c.srv.cfg.helloWait, func() { c.close(closeUnauthenticated, closeReason{Code: "unauthenticated"}) })
	data, err := c.next()
	if !late.Stop() || err != nil || c.closed.Load() {
		return false
	}
	f, hello, ok := c.readHello(data)
	if !ok {
		return false
	}
	c.hello = f.ID
	if hello.Token != nil {
		c.cred = credential{text: *hello.Token}
	}
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	if !c.identify(ctx) {
		return false
	}
	c.client = hello.Client
	if err := c.srv.ws.Hub.Attach(ctx, c, hello.Resume); err != nil {
		c.log().Warn().Err(err).Msg("socket not attached")
		c.close(websocketTryAgain, closeReason{Code: "internal", RetryAfterMS: 1000})
		return false
	}
	// A revocation between the check and the attachment found nobody to tell.
	if err := c.check(ctx); err != nil {
		if !c.closed.Load() {
			c.close(websocketTryAgain, closeReason{Code: "internal", RetryAfterMS: 1000})
		}
		return false
	}
	c.srv.ws.Hub.SetPresence(c.user, c.id, messaging.Online)
	c.log().Debug().Str("client", cut(c.client)).Bool("resumed", hello.Resume != nil).Msg("socket attached")
	return true
}

// websocketTryAgain is RFC 6455's registry's 1013.
const websocketTryAgain = 1013

func (c *conn) readHello(data []byte) (clientFrame, helloBody, bool) {
	var f clientFrame
	var hello helloBody
	err := decodeStrict(data, &f)
	switch {
	case err != nil || f.Op == "" || !validFrameID(f.ID) || f.Position != nil:
		c.badFrame()
		return f, hello, false
	case f.Op != "hello":
		c.close(closeUnauthenticated, closeReason{Code: "unauthenticated"})
		return f, hello, false
	case c.foreign && c.ws.Subprotocol() == "":
		c.close(closeProtocol, closeReason{Code: "protocol_version"})
		return f, hello, false
	}
	if len(f.D) > 0 && decodeStrict(f.D, &hello) != nil || len(hello.Client) > 64 {
		c.badFrame()
		return f, hello, false
	}
	return f, hello, true
}

// identify finds out who it is and counts the connection as theirs.
func (c *conn) identify(ctx context.Context) bool {
	if c.cred.text == "" {
		c.close(closeUnauthenticated, closeReason{Code: "unauthenticated"})
		return false
	}
	actor, err := c.srv.ws.Auth.Authenticate(ctx, c.cred.text)
	if err == nil {
		err = c.srv.permit("socket hello", actor)
	}
	switch {
	case errors.Is(err, contracts.ErrSuspended):
		c.close(closeSuspended, closeReason{Code: "suspended"})
	case errors.Is(err, contracts.ErrMFARequired):
		c.close(closeUnauthenticated, closeReason{Code: string(contracts.CodeMFARequired)})
	case errors.Is(err, contracts.ErrUnauthenticated), errors.Is(err, contracts.ErrForbidden):
		c.close(closeUnauthenticated, closeReason{Code: "unauthenticated"})
	case err != nil:
		c.log().Warn().Err(err).Msg("socket not identified")
		c.close(websocketTryAgain, closeReason{Code: "internal", RetryAfterMS: 1000})
	case !c.srv.sockets.identify(c, actor):
		c.close(closeTooMany, closeReason{Code: "too_many_sockets"})
	default:
		actor.IP = c.ip
		c.user = actor.UserID
		c.become(actor)
		c.srv.passed("socket hello")
		return true
	}
	return false
}

// serve does one frame; false ends the connection.
func (c *conn) serve(data []byte) bool {
	if c.closed.Load() {
		return false
	}
	if !c.mayOp() {
		c.flooding()
		return false
	}
	if plainPong(data) {
		return true
	}
	var f clientFrame
	if err := decodeStrict(data, &f); err != nil {
		return c.badFrame()
	}
	if f.Op == "pong" && (f.ID == "" || validFrameID(f.ID)) && f.D == nil {
		if f.ID != "" {
			c.ack(f.ID, nil)
		}
		return true
	}
	do, known := ops[f.Op]
	if !known || !validFrameID(f.ID) || f.Position != nil || len(f.D) == 0 {
		return c.badFrame()
	}
	ctx, cancel := context.WithTimeout(context.Background(), opTimeout)
	defer cancel()
	if err := c.check(ctx); err != nil {
		if c.closed.Load() {
			return false
		}
		c.nack(f.ID, err)
		return true
	}
	actor := *c.actor.Load()
	d, err := any(nil), c.srv.permit("socket "+f.Op, actor)
	if err == nil {
		c.srv.passed("socket " + f.Op)
		d, err = do(c, ctx, actor, f.D)
	}
	if err != nil {
		c.nack(f.ID, err)
		return true
	}
	c.ack(f.ID, d)
	return true
}

// plainPong recognizes {"op":"pong","position":1} as clients send it, one each heartbeat
// and connection, without a decoder: the reader's stack would grow for that and stay
// so, which doubled the memory of ten thousand idle connections.
func plainPong(data []byte) bool {
	digits, ok := bytes.CutPrefix(data, []byte(`{"op":"pong","position":`))
	if !ok {
		return string(data) == `{"op":"pong"}`
	}
	digits, ok = bytes.CutSuffix(digits, []byte("}"))
	for _, d := range digits {
		ok = ok && '0' <= d && d <= '9'
	}
	return ok && (len(digits) == 1 || len(digits) > 1 && len(digits) < 19 && digits[0] != '0')
}

func (c *conn) badFrame() bool {
	c.close(closeBadFrame, closeReason{Code: "bad_frame"})
	return false
}

// validFrameID: 1–64 printable ASCII characters.
func validFrameID(id string) bool {
	for _, b := range []byte(id) {
		if b < 0x20 || b > 0x7e {
			return false
		}
	}
	return id != "" && len(id) <= 64
}

type messageSend struct {
	ConversationID string `json:"conversation_id" is:"required"`
	Text           string `json:"text"            is:"required"`
	ClientMsgID    string `json:"client_msg_id"`
}

func (c *conn) messageSend(ctx context.Context, actor contracts.Actor, d json.RawMessage) (any, error) {
	var body messageSend
	if err := decodeStrict(d, &body); err != nil {
		return nil, err
	}
	msg, _, err := c.srv.post(ctx, actor, contracts.NewMessage{ConversationID: body.ConversationID, Text: body.Text, ClientMsgID: body.ClientMsgID})
	if err != nil {
		return nil, err
	}
	c.typed = time.Time{} // the message ended it: what is typed next is told at once
	return msg, nil
}

type readUpTo struct {
	ConversationID string `json:"conversation_id" is:"required"`
	Position       int64  `json:"position"        is:"required"`
}

func (c *conn) read(ctx context.Context, actor contracts.Actor, d json.RawMessage) (any, error) {
	var body readUpTo
	if err := decodeStrict(d, &body); err != nil {
		return nil, err
	}
	state, err := c.srv.reads.MarkRead(ctx, actor, body.ConversationID, body.Position)
	if err != nil {
		return nil, err
	}
	return state, nil
}

type inConversation struct {
	ConversationID string `json:"conversation_id" is:"required"`
}

// typing is passed on at most every typingEvery; more is acknowledged and dropped.
func (c *conn) typing(ctx context.Context, actor contracts.Actor, d json.RawMessage) (any, error) {
	var body inConversation
	if err := decodeStrict(d, &body); err != nil {
		return nil, err
	}
	now := time.Now()
	if now.Sub(c.typed) < c.srv.cfg.typingEvery {
		return nil, nil // the ack carries nothing
	}
	c.typed = now
	switch member, err := c.srv.ws.Messaging.MemberOf(ctx, actor.UserID, body.ConversationID); {
	case err != nil:
		return nil, err
	case !member:
		return nil, contracts.ErrNotFound
	}
	c.srv.ws.Hub.Typing(actor.UserID, body.ConversationID)
	return nil, nil // the ack carries nothing
}

type focusOn struct {
	ConversationID *string `json:"conversation_id" is:"required nullable"`
}

func (c *conn) setFocus(_ context.Context, _ contracts.Actor, d json.RawMessage) (any, error) {
	var body focusOn
	if err := decodeStrict(d, &body); err != nil {
		return nil, err
	}
	if body.ConversationID != nil && !contracts.ValidID(contracts.PrefixConversation, *body.ConversationID) {
		return nil, contracts.Invalid("/conversation_id", "not the id of a conversation")
	}
	c.focus.Store(body.ConversationID)
	return nil, nil // the ack carries nothing
}

type presenceSet struct {
	State string `json:"state" is:"required"`
}

func (c *conn) setPresence(_ context.Context, actor contracts.Actor, d json.RawMessage) (any, error) {
	var body presenceSet
	if err := decodeStrict(d, &body); err != nil {
		return nil, err
	}
	if body.State != messaging.Online && body.State != messaging.Away {
		return nil, contracts.Invalid("/state", `state must be "online" or "away"`)
	}
	c.srv.ws.Hub.SetPresence(actor.UserID, c.id, body.State)
	return nil, nil // the ack carries nothing
}
