package server

import (
	"net/netip"
	"net/url"
	"time"

	"github.com/rs/zerolog"

	"github.com/dankerchat/dankerchat/server/workspace"
)

// Config is what a [Server] needs; only Workspace is required.
type Config struct {
	Workspace *workspace.Workspace
	// PublicURL is where people reach the server, "https://chat.example.com". It
	// decides the cookie's name and flags, the origin that a browser's writes and
	// sockets must come from, and the address in invite links. Nil means plain http
	// under whatever host name a request used, which must then also be its origin.
	PublicURL *url.URL
	// TrustedProxies may say in X-Forwarded-For on whose behalf they ask. Empty
	// means that the header is ignored.
	TrustedProxies []netip.Prefix
	Limits         Limits // the zero value is DefaultLimits
	Log            *zerolog.Logger
	// DrainDelay is how long a draining server still takes connections after it
	// says that it is not ready, so that a load balancer notices.
	DrainDelay time.Duration
	// DrainSpread is over how long the sockets are closed, DrainTimeout when what
	// is still in flight is cut off; 10 s and 20 s.
	DrainSpread, DrainTimeout time.Duration

	// What tests alone set, to be independent of how fast a machine is.
	access      map[string]rule     // the authorization table; tests take rules out
	seen        func(op string)     // called when a request got past the table; nil outside tests
	helloWait   time.Duration       // see the constant of this name
	typingEvery time.Duration       // likewise
	pause       func(time.Duration) // waits for DrainDelay
	unasked     bool                // no heartbeat asks a socket anything, or ends one
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		nop := zerolog.Nop()
		c.Log = &nop
	}
	if c.Limits == (Limits{}) {
		c.Limits = DefaultLimits()
	}
	if c.DrainSpread == 0 {
		c.DrainSpread = 10 * time.Second
	}
	if c.DrainTimeout == 0 {
		c.DrainTimeout = 20 * time.Second
	}
	if c.access == nil {
		c.access = access
	}
	if c.helloWait == 0 {
		c.helloWait = helloWait
	}
	if c.typingEvery == 0 {
		c.typingEvery = typingEvery
	}
	if c.pause == nil {
		c.pause = time.Sleep
	}
	return c
}

// https reports whether people reach the server by https.
func (c Config) https() bool { return c.PublicURL != nil && c.PublicURL.Scheme == "https" }
