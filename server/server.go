package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/time/rate"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/messaging"
	"github.com/dankerchat/dankerchat/server/idempotency"
	"github.com/dankerchat/dankerchat/server/workspace"
)

// Server serves one workspace. Make one with [New].
type Server struct {
	cfg     Config
	ws      *workspace.Workspace
	log     *zerolog.Logger
	build   contracts.Build
	handler http.Handler
	crossOr *http.CrossOriginProtection
	policy  string // Content-Security-Policy
	metrics *metrics
	keys    *idempotency.Keys
	reads   *messaging.ReadCoalescer
	sockets *sockets
	pace    *pace

	users, pictures, anonymous, logins, posters, tokenPosters, rooms, handshakes *buckets
	allHandshakes                                                                *rate.Limiter

	draining atomic.Bool
	hubDown  atomic.Bool // the hub ended: this process no longer delivers
	started  time.Time
}

// New wires a server; nothing runs until [Server.Serve].
func New(cfg Config) (*Server, error) {
	cfg = cfg.withDefaults()
	if cfg.Workspace == nil {
		return nil, errors.New("server: Config.Workspace is missing")
	}
	l := cfg.Limits
	s := &Server{
		cfg: cfg, ws: cfg.Workspace, log: cfg.Log, build: contracts.CurrentBuild(), started: time.Now(),
		crossOr: http.NewCrossOriginProtection(), policy: contentPolicy(cfg.PublicURL), metrics: newMetrics(), pace: newPace(),
		keys:  idempotency.New(cfg.Workspace.DB),
		reads: messaging.NewReadCoalescer(cfg.Workspace.Messaging),

		users:         newBuckets("user", l.APIRPS, l.APIBurst),
		pictures:      newBuckets("pictures", 5*l.APIRPS, 5*l.APIBurst),
		anonymous:     newBuckets("address", l.AnonymousRPS, l.AnonymousBurst),
		logins:        newBuckets("logins", l.LoginsPerIP/60, int(l.LoginsPerIP)),
		posters:       newBuckets("messages", l.Messages/10, l.MessagesBurst),
		tokenPosters:  newBuckets("messages", l.MessagesToken/10, max(l.MessagesBurst, int(l.MessagesToken))),
		rooms:         newBuckets("conversation", l.ConversationRPS, int(l.ConversationRPS)),
		handshakes:    newBuckets("handshakes", l.HandshakesPerIP, l.HandshakesBurst),
		allHandshakes: rate.NewLimiter(rate.Limit(l.HandshakesRPS), int(l.HandshakesRPS)),
	}
	s.sockets = newSockets(s)
	if cfg.PublicURL != nil {
		if err := s.crossOr.AddTrustedOrigin(cfg.PublicURL.Scheme + "://" + authority(cfg.PublicURL)); err != nil {
			return nil, fmt.Errorf("public URL: %w", err)
		}
	}
	handler, err := s.newHandler()
	if err != nil {
		return nil, err
	}
	s.handler = handler
	return s, nil
}

// Handler returns the whole HTTP interface, for tests that need no listener. Without
// [Server.Serve] no event reaches a socket.
func (s *Server) Handler() http.Handler { return s.handler }

// Serve answers on ln until ctx ends, then drains: it turns unready, waits
// Config.DrainDelay, stops accepting, closes the sockets with 1012 over
// Config.DrainSpread, finishes what is in flight and returns nil, after at most
// Config.DrainTimeout more. It returns an error when it cannot go on.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	var background sync.WaitGroup
	failed := make(chan error, 2)
	background.Go(func() {
		if err := s.ws.Hub.Run(work); err != nil && work.Err() == nil {
			s.hubDown.Store(true)
			failed <- fmt.Errorf("follow the event log: %w", err)
		}
	})
	if !s.cfg.unasked {
		background.Go(func() { s.sockets.beat(work) })
	}
	background.Go(func() { s.sockets.watchDemands(work) })
	background.Go(func() { s.housekeep(work) })
	defer background.Wait()
	defer stop()

	srv := &http.Server{
		Handler: s.handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 60 * time.Second,
		IdleTimeout: 120 * time.Second, MaxHeaderBytes: 32 << 10, ErrorLog: newErrorLog(s.log),
	}
	go func() {
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("serve: %w", err)
		}
	}()

	var cause error
	select {
	case <-ctx.Done():
	case cause = <-failed:
		s.log.Error().Err(cause).Msg("server fails")
	}
	s.drain(srv, cause == nil)
	return cause
}

// drain is the way down; see RELIABILITY: no acknowledged work is lost, clients move
// on with their cursors.
func (s *Server) drain(srv *http.Server, patient bool) {
	s.draining.Store(true)
	s.log.Info().Int("sockets", s.sockets.count()).Msg("draining")
	if patient && s.cfg.DrainDelay > 0 {
		s.cfg.pause(s.cfg.DrainDelay)
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.DrainTimeout)
	defer cancel()
	s.sockets.drain(s.cfg.DrainSpread)
	if err := srv.Shutdown(ctx); err != nil {
		s.log.Warn().Err(err).Msg("requests cut off")
		_ = srv.Close()
	}
	s.reads.Close()
	s.log.Info().Msg("drained")
}

// housekeep does the small periodic work.
func (s *Server) housekeep(ctx context.Context) {
	tick := time.NewTicker(5 * time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := s.ws.Prune(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn().Err(err).Msg("pruning failed")
		}
		if err := s.keys.Prune(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn().Err(err).Msg("pruning idempotency keys failed")
		}
	}
}
