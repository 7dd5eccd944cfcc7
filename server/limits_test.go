package server

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

func limited(assignments ...string) func(*Config) {
	return func(c *Config) {
		for _, a := range assignments {
			if err := c.Limits.Set(a); err != nil {
				panic(err)
			}
		}
	}
}

func TestSettingLimits(t *testing.T) {
	t.Parallel()
	var l Limits
	for _, known := range limits {
		if err := l.Set(known.name + "=7"); err != nil {
			t.Errorf("%s: %v", known.name, err)
		}
	}
	if l.Messages != 7 || l.Sockets != 7 || l.HandshakesBurst != 7 {
		t.Errorf("got %+v", l)
	}
	for _, wrong := range []string{"nonsense=1", "messages", "messages=", "messages=-1", "messages=0", "messages=NaN", "messages=1e300"} {
		err := l.Set(wrong)
		if err == nil {
			t.Errorf("%q is let through", wrong)
		}
		if wrong == "nonsense=1" && (err == nil || !strings.Contains(err.Error(), "sockets_per_user")) {
			t.Errorf("%q: the names are not listed: %v", wrong, err)
		}
	}
}

func TestRequestsAreLimitedByUserAndByAddress(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	owner, member := w.setUp(), w.newUser("member", contracts.RoleMember)
	narrow := serveSame(t, w, limited("api_rps=0.001", "api_burst=5", "anonymous_rps=0.001", "anonymous_burst=3"))
	here := *owner
	here.w = narrow
	for i := range 5 {
		a := here.must(200, "GET", "/me", nil, nil)
		if a.header.Get("RateLimit-Policy") != `"user";q=5;w=5000` || !strings.HasPrefix(a.header.Get("RateLimit"), `"user";r=`+itoa(4-i)+`;t=`) {
			t.Errorf("request %d: %s, %s", i, a.header.Get("RateLimit-Policy"), a.header.Get("RateLimit"))
		}
	}
	a := here.must(429, "GET", "/me", nil, nil)
	if after, err := strconv.Atoi(a.header.Get("Retry-After")); a.code() != "rate_limited" || err != nil || after < 900 || after > 1000 {
		t.Errorf("got %s, Retry-After %s", a.body, a.header.Get("Retry-After"))
	}
	other := *member
	other.w = narrow
	other.must(200, "GET", "/me", nil, nil)
	nobody := narrow.anonymous()
	for range 3 {
		nobody.must(200, "GET", "/meta", nil, nil)
	}
	nobody.must(429, "GET", "/meta", nil, nil)
	nobody.must(200, "GET", "/health/ready", nil, nil) // machines ask what nothing stops
	wrong := &client{w: narrow, t: t, token: "dkt_guess"}
	wrong.must(429, "GET", "/me", nil, nil) // guessing counts as anonymous
}

func TestPostsAreLimited(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"), limited("messages=0.001", "messages_burst=3"))
	owner := w.setUp()
	general := owner.channel("general").ID
	s := owner.connect(nil)
	for range 2 {
		owner.post(general, "x")
	}
	if f := s.op("message.send", map[string]any{"conversation_id": general, "text": "x"}); f.Op != "ack" {
		t.Errorf("the third: %+v", f)
	}
	if f := s.op("message.send", map[string]any{"conversation_id": general, "text": "x"}); f.Op != "nack" || f.Error.Code != contracts.CodeRateLimited {
		t.Errorf("the fourth, over the socket: %+v", f)
	}
	if a := owner.must(429, "POST", "/conversations/"+general+"/messages", map[string]any{"text": "x"}, nil); a.header.Get("Retry-After") == "" {
		t.Error("429 without Retry-After")
	}
}

func TestAFloodOfFramesEndsTheSocket(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"), limited("ops_rps=1", "ops_burst=40"))
	owner := w.setUp()
	s := owner.connect(nil)
	for range 200 {
		s.write(`{"op":"pong"}`)
	}
	if c := s.ended(); c.code != 4002 || c.reason.RetryAfterMS == 0 {
		t.Errorf("closed with %+v", c)
	}
}

func TestSocketsAreLimited(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	owner := w.setUp()
	for _, tt := range []struct {
		name, limit string
		allowed     int
		code        int // of a close, or a status
		fresh       bool
	}{
		{"of one user", "sockets_per_user=3", 3, 4409, true},
		{"of one session", "sockets_per_session=2", 2, 4409, false},
		{"of one address", "sockets_per_ip=4", 4, 429, false},
		{"of the server", "sockets=3", 3, 503, false},
		{"handshakes of one address", "handshakes_burst=2", 2, 429, false},
	} {
		changes := []string{tt.limit}
		if strings.HasPrefix(tt.limit, "handshakes") {
			changes = append(changes, "handshakes_per_ip=0.01")
		}
		narrow := serveSame(t, w, limited(changes...))
		var open []*socket
		var last error
		for i := range tt.allowed + 1 {
			c := *owner
			if tt.fresh {
				c = *w.signIn("owner")
			}
			c.w = narrow
			s, res, err := c.dial(nil)
			if err != nil {
				if i < tt.allowed || res == nil || res.StatusCode != tt.code {
					t.Errorf("%s: socket %d: %v", tt.name, i, err)
				}
				last = err
				continue
			}
			s.write(map[string]any{"op": "hello", "id": "h", "d": map[string]any{}})
			if i < tt.allowed {
				s.expect("hello")
				open = append(open, s)
				continue
			}
			if c := s.ended(); c.code != tt.code {
				t.Errorf("%s: closed with %d, want %d", tt.name, c.code, tt.code)
			}
			last = errSocketClosed
		}
		if last == nil || len(open) != tt.allowed {
			t.Errorf("%s: %d open, the next %v", tt.name, len(open), last)
		}
		// A place that is given up is free again.
		if tt.code == 4409 {
			_ = open[0].ws.Close()
			c := *owner
			if tt.fresh {
				c = *w.signIn("owner")
			}
			c.w = narrow
			end := time.Now().Add(patience)
			for {
				if _, err := c.tryConnect(nil); err == nil {
					break
				} else if time.Now().After(end) {
					t.Errorf("%s: no place after one was given up: %v", tt.name, err)
					break
				}
				time.Sleep(20 * time.Millisecond)
			}
		}
	}
}

// An attack with many addresses does not grow the memory without bound.
func TestBucketsAreBounded(t *testing.T) {
	t.Parallel()
	b := newBuckets("test", 1, 2)
	now := time.Now()
	for i := range 3 * maxBuckets {
		if err := b.take(itoa(i), now); err != nil {
			t.Fatalf("key %d: %v", i, err)
		}
	}
	if n := len(b.byKey); n > maxBuckets {
		t.Errorf("%d buckets", n)
	}
}
