package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
	"github.com/rs/zerolog"
	"golang.org/x/time/rate"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/messaging"
)

// Close codes of our own; the rest are RFC 6455's.
const (
	closeSlow            = 4000
	closeSilent          = 4001
	closeFlooding        = 4002
	closeExpired         = 4003
	closeBadFrame        = 4400
	closeUnauthenticated = 4401
	closeSuspended       = 4403
	closeTooMany         = 4409
	closeRevoked         = 4410
	closeProtocol        = 4426
)

// closeWait is how long a closed connection may take to say goodbye.
const closeWait = 2 * time.Second

// closeReason goes into the close frame as JSON.
type closeReason struct {
	Code         string `json:"code"`
	RetryAfterMS int    `json:"retry_after_ms,omitempty"`
}

// conn is one socket. One goroutine waits for its client as long as it lives, or serves
// what came; a writer runs only while frames wait (queue.go). The hub calls it as a messaging.Subscriber.
type conn struct {
	srv  *Server
	ws   *websocket.Conn
	wire *wire
	id   string
	ip   string
	from string        // see request
	slot int           // of the heartbeat
	ops  *rate.Limiter // the reader's; made with the first frame after hello

	foreign bool // the client asked for other subprotocols than ours

	// Set by the reader before the hub knows the connection, constant afterwards.
	cred   credential
	user   string
	client string
	hello  string // the id of the hello frame, for its answer

	counted, countedSession string // guarded by sockets.mu

	actor  atomic.Pointer[contracts.Actor] // as of the last check
	guest  atomic.Bool
	focus  atomic.Pointer[string] // the conversation in view; nil is all
	heard  atomic.Int64           // unix nanoseconds of the last frame
	typed  time.Time              // when typing was last passed on; the reader's alone
	live   atomic.Bool            // the hub has it: pings may go out
	opened atomic.Bool            // ws and wire are there
	closed atomic.Bool            // code and farewell are there

	queue queue
	wrote time.Time // when the last message was begun; the writer's alone

	once     sync.Once // closes
	parting  sync.Once // says farewell
	code     int       // of the close frame
	farewell []byte    // its payload
}

func newConn(s *Server, r *request) *conn {
	c := &conn{
		srv: s, id: contracts.NewID(contracts.PrefixConnection), ip: r.IP, from: r.from, cred: r.cred,
	}
	if r.Actor.UserID == "" {
		c.cred = credential{} // a stale cookie is as good as none
	}
	c.foreign = r.Header.Get("Sec-Websocket-Protocol") != ""
	c.heard.Store(time.Now().UnixNano())
	return c
}

// start begins to read an upgraded connection.
func (c *conn) start(ws *websocket.Conn, w *wire) {
	c.ws, c.wire = ws, w
	ws.SetReadLimit(maxFrame)
	ws.SetPingHandler(func(data string) error {
		if !c.mayOp() {
			c.flooding()
			return nil
		}
		return ws.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(writeWait))
	})
	c.opened.Store(true)
	if c.closed.Load() { // while the handshake went on
		c.part()
	}
	go c.run()
}

// log is called by whoever closes too, so it goes by what all may read.
func (c *conn) log() *zerolog.Logger {
	user := ""
	if actor := c.actor.Load(); actor != nil {
		user = actor.UserID
	}
	l := c.srv.log.With().Str("connection_id", c.id).Str("user_id", user).Logger()
	return &l
}

// run greets, and leaves the waiting to a goroutine of its own: a greeting looks into
// the database, and a stack that has grown for that would stay as large as that.
func (c *conn) run() {
	greeted := false
	defer func() {
		if !greeted {
			c.end()
		}
	}()
	defer c.rescue()
	if greeted = c.greet(); greeted {
		go c.idle()
	} else {
		c.linger()
	}
}

// idle waits until the client says something, and has it served on another stack.
func (c *conn) idle() {
	c.wire.await()
	go c.listen()
}

// listen serves what has come, and ends the connection when that is its end.
func (c *conn) listen() {
	over := true
	defer func() {
		if over {
			c.end()
		} else {
			go c.idle()
		}
	}()
	defer c.rescue()
	for {
		data, err := c.next()
		if err != nil {
			c.readFailed(err)
			return
		}
		if !c.serve(data) {
			c.linger()
			return
		}
		if c.wire.quiet() {
			over = false
			return
		}
	}
}

// end undoes what the connection had become.
func (c *conn) end() {
	_ = c.ws.Close()
	c.queue.stop()
	if c.user != "" {
		c.srv.ws.Hub.Detach(c)
		c.srv.ws.Hub.SetPresence(c.user, c.id, messaging.Offline)
		c.srv.reads.Flush(c.user)
	}
	c.srv.sockets.remove(c)
}

func (c *conn) rescue() {
	if p := recover(); p != nil {
		c.log().Error().Interface("panic", p).Stack().Msg("socket panicked")
		c.close(websocket.CloseInternalServerErr, closeReason{Code: "internal"})
	}
}

// next reads one frame. Its first byte may take as long as the heartbeat lets it,
// the rest frameWait.
func (c *conn) next() ([]byte, error) {
	kind, r, err := c.ws.NextReader()
	if err != nil {
		return nil, err
	}
	if !c.closed.Load() {
		_ = c.ws.SetReadDeadline(time.Now().Add(frameWait))
	}
	data, err := io.ReadAll(r)
	switch {
	case err != nil:
		return nil, err
	case kind != websocket.TextMessage:
		c.close(websocket.CloseUnsupportedData, closeReason{Code: "bad_frame"})
		return nil, errRefused
	case !utf8.Valid(data):
		c.close(websocket.CloseInvalidFramePayloadData, closeReason{Code: "bad_frame"})
		return nil, errRefused
	}
	c.heard.Store(time.Now().UnixNano())
	if !c.closed.Load() {
		_ = c.ws.SetReadDeadline(time.Time{})
	}
	return data, nil
}

var errRefused = errors.New("server: frame refused")

func (c *conn) readFailed(err error) {
	switch {
	case errors.Is(err, errRefused):
		c.linger()
	case errors.Is(err, websocket.ErrReadLimit):
		c.srv.metrics.closes.WithLabelValues("1009").Inc()
	case c.closed.Load():
	default:
		c.log().Debug().Err(err).Msg("socket ended")
	}
}

// linger waits for the client's goodbye, so that it reads our close code before the
// connection is torn down. What it still says is not looked at.
func (c *conn) linger() {
	_ = c.ws.SetReadDeadline(time.Now().Add(closeWait))
	for range 1000 {
		if _, _, err := c.ws.NextReader(); err != nil {
			return
		}
	}
}

// close says why and ends the connection: nothing is written or obeyed afterwards. One
// whose handshake still goes on is told when that is over.
func (c *conn) close(code int, reason closeReason) {
	c.once.Do(func() {
		text, err := json.Marshal(reason)
		if err != nil {
			text = nil // two plain fields
		}
		c.code, c.farewell = code, websocket.FormatCloseMessage(code, string(text))
		c.closed.Store(true)
		c.queue.stop()
		c.srv.metrics.closes.WithLabelValues(itoa(code)).Inc()
		c.log().Debug().Int("close_code", code).Str("code", reason.Code).Msg("closing socket")
		if c.opened.Load() {
			c.part()
		}
	})
}

// part sends the close frame and hangs up a moment later. It is for a connection that is
// both opened and closed.
func (c *conn) part() {
	c.parting.Do(func() {
		go func() { // a writer that is stuck holds the connection for a moment
			_ = c.ws.WriteControl(websocket.CloseMessage, c.farewell, time.Now().Add(time.Second))
			_ = c.ws.SetReadDeadline(time.Now().Add(closeWait)) // ends the reader, which ends the rest
			if c.code != closeSlow {
				time.Sleep(closeWait)
			}
			_ = c.ws.Close()
		}()
	})
}

// mayOp takes one of the operations that a socket may do in a second. The reader's.
func (c *conn) mayOp() bool {
	if c.ops == nil {
		c.ops = rate.NewLimiter(rate.Limit(c.srv.cfg.Limits.OpsRPS), c.srv.cfg.Limits.OpsBurst)
	}
	return c.ops.Allow()
}

func (c *conn) flooding() {
	c.close(closeFlooding, closeReason{Code: "flooding", RetryAfterMS: 5000})
}

// beat is called once in pingEvery.
func (c *conn) beat(ctx context.Context, now time.Time) {
	silent := now.Sub(time.Unix(0, c.heard.Load()))
	switch {
	case c.closed.Load() || !c.live.Load():
	case silent > pongWait:
		c.close(closeSilent, closeReason{Code: "heartbeat_timeout"})
	default:
		if err := c.check(ctx); err != nil {
			return
		}
		c.enqueue(false, c.srv.sockets.ping(c.srv.ws.Hub.Head())) // everything up to it is in the queue already
	}
}

// check authenticates anew (a look into the cache) and takes over a changed role. An
// error means that the connection is being closed, or that the database cannot say.
func (c *conn) check(ctx context.Context) error {
	actor, err := c.srv.ws.Auth.Authenticate(ctx, c.cred.text)
	switch {
	case err == nil && actor.Owes != "": // the role has come to demand a second factor
		c.close(closeUnauthenticated, closeReason{Code: string(contracts.CodeMFARequired)})
		err = auth.Owing(actor)
	case err == nil && actor.UserID == c.user:
		actor.IP = c.ip
		c.become(actor)
		return nil
	case errors.Is(err, contracts.ErrSuspended):
		c.close(closeSuspended, closeReason{Code: "suspended"})
	case err == nil || errors.Is(err, contracts.ErrUnauthenticated):
		c.close(closeExpired, closeReason{Code: "token_expired"})
		err = contracts.ErrUnauthenticated
	}
	return err
}

func (c *conn) become(actor contracts.Actor) {
	c.guest.Store(actor.Role == contracts.RoleGuest)
	if was := c.actor.Load(); was == nil || !sameActor(*was, actor) {
		c.actor.Store(&actor)
	}
}

// sameActor: nothing has changed, as a rule, and ten thousand copies are kept.
func sameActor(a, b contracts.Actor) bool {
	return a.UserID == b.UserID && a.Username == b.Username && a.Role == b.Role && a.SessionID == b.SessionID && a.TokenID == b.TokenID &&
		slices.Equal(a.Scopes, b.Scopes) && (a.Scopes == nil) == (b.Scopes == nil) && a.Operator == b.Operator && a.Owes == b.Owes && a.IP == b.IP
}
