package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// request is what a handler gets: the HTTP request, who asks, and its names for the log.
type request struct {
	*http.Request
	Actor contracts.Actor // zero for nobody
	ID    string
	IP    string
	from  string // what limits count the address by
	cred  credential
	op    string
}

// requestTimeout is how long a handler may take.
const requestTimeout = 30 * time.Second

// longest path and query.
const (
	maxPath  = 2 << 10
	maxQuery = 4 << 10
)

// newHandler makes the mux of the route table inside what every answer needs.
func (s *Server) newHandler() (http.Handler, error) {
	mux, names := http.NewServeMux(), http.NewServeMux()
	muxOf := func(path string) *http.ServeMux {
		if strings.HasPrefix(path, byName) { // ServeMux cannot tell it from /channels/{channel}/members
			return names
		}
		return mux
	}
	methods := map[string][]string{}
	for _, rt := range routes {
		muxOf(rt.path).Handle(rt.method+" "+base+rt.path, s.endpoint(rt))
		methods[rt.path] = append(methods[rt.path], rt.method)
		if rt.method == http.MethodGet {
			methods[rt.path] = append(methods[rt.path], http.MethodHead)
		}
	}
	for path, allowed := range methods {
		// One by one: a pattern without a method contradicts one with a wildcard and a method.
		for _, method := range otherMethods {
			if !slices.Contains(allowed, method) {
				muxOf(path).Handle(method+" "+base+path, s.wrongMethod(allowed))
			}
		}
	}
	names.Handle("/", s.missing())
	mux.Handle("/api/", s.missing())
	mux.Handle("/api", s.missing())
	mux.Handle("GET /metrics", http.HandlerFunc(s.serveMetrics))
	for _, rt := range routes {
		if strings.HasPrefix(rt.path, "/health/") { // also where load balancers look for it
			mux.Handle(rt.method+" "+rt.path, s.endpoint(rt))
		}
	}
	web, err := s.webApp()
	if err != nil {
		return nil, err
	}
	mux.Handle("/", web)
	return s.outer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, base+byName) {
			names.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})), nil
}

const byName = "/channels/by-name/"

// otherMethods are those that a path which does not know them answers 405 to.
var otherMethods = []string{
	http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	http.MethodOptions, http.MethodConnect, http.MethodTrace,
}

// outer stands around every request: names, headers, panics, length limits.
func (s *Server) outer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := contracts.NewID(contracts.PrefixRequest)
		h := w.Header()
		h.Set("X-Request-Id", id)
		h.Set("DankerChat-Version", s.build.Version)
		s.secureHeaders(h)
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler { // the sentinel itself, as net/http says
				panic(p)
			}
			s.log.Error().Str("request_id", id).Str("panic", fmt.Sprint(p)).Bytes("stack", debug.Stack()).Msg("handler panicked")
			fail(w, errors.New("panic"), id, s.log)
		}()
		switch {
		case len(r.URL.Path) > maxPath || len(r.URL.RawQuery) > maxQuery:
			h.Set("Cache-Control", "no-store")
			fail(w, &contracts.Error{Code: contracts.CodeTooLarge, Message: "the address is too long"}, id, s.log)
			return
		case strings.Contains(r.URL.Path, "//") || strings.Contains(r.URL.Path, "/../") || strings.Contains(r.URL.Path, "/./"):
			s.missing().ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// endpoint is the way of one request: who asks, may they, how often, then the handler.
func (s *Server) endpoint(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		start := time.Now()
		ctx, cancel := context.WithTimeout(hr.Context(), requestTimeout)
		defer cancel()
		r := &request{Request: hr.WithContext(ctx), ID: w.Header().Get("X-Request-Id"), IP: s.clientIP(hr), op: rt.op}
		r.from = auth.Network(r.IP)
		w.Header().Set("Cache-Control", "no-store")
		rec := &recorder{ResponseWriter: w}
		err := s.admit(rec, r)
		if err == nil {
			s.passed(rt.op)
			err = checkQuery(r)
		}
		if err == nil {
			err = s.idempotent(rec, r, rt)
		}
		if err != nil && !rec.hijacked {
			log := s.logOf(r)
			fail(rec, err, r.ID, &log)
		}
		took := time.Since(start)
		s.metrics.request(rt.op, rec.status, took)
		if level := accessLevel(rec.status); level >= s.log.GetLevel() {
			log := s.logOf(r)
			log.WithLevel(level).Int("status", rec.status).Float64("duration_ms", float64(took.Microseconds())/1000).Str("ip", r.IP).Msg("request")
		}
	})
}

// logOf names a request in each of its lines.
func (s *Server) logOf(r *request) zerolog.Logger {
	names := s.log.With().Str("request_id", r.ID).Str("op", r.op)
	if r.Actor.UserID != "" {
		names = names.Str("user_id", r.Actor.UserID).Str("session_id", r.Actor.SessionID)
	}
	return names.Logger()
}

// accessLevel: what succeeds is worth a line only when somebody looks closely.
func accessLevel(status int) zerolog.Level {
	if status >= http.StatusBadRequest {
		return zerolog.InfoLevel
	}
	return zerolog.DebugLevel
}

// unmetered operations are asked by machines that nothing is to stop.
var unmetered = map[string]bool{"health.live": true, "health.ready": true, "socket.open": true}

// admit authenticates, limits and authorizes.
func (s *Server) admit(w http.ResponseWriter, r *request) error {
	if err := s.crossOr.Check(r.Request); err != nil {
		return crossOrigin()
	}
	cred, err := s.credentialOf(r.Request)
	if err != nil {
		return err
	}
	r.cred = cred
	public := s.cfg.access[r.op].gate == everybody
	if cred.text != "" {
		actor, authErr := s.ws.Auth.Authenticate(r.Context(), cred.text)
		if authErr == nil {
			actor.IP = r.IP
			r.Actor = actor
		} else if !public || r.op == "socket.open" {
			err = authErr // a stale cookie does not keep anybody from signing in
		}
	}
	switch {
	case unmetered[r.op]:
	case r.Actor.UserID == "":
		if limited := s.anonymous.takeWith(w, r.from, time.Now()); limited != nil {
			return limited
		}
	case r.op == "user.avatar": // a page asks for all it shows at once
		if limited := s.pictures.takeWith(w, r.Actor.UserID, time.Now()); limited != nil {
			return limited
		}
	default:
		if limited := s.users.takeWith(w, r.Actor.UserID, time.Now()); limited != nil {
			return limited
		}
	}
	if err != nil {
		return err
	}
	if err := checkBrowser(r.Request, cred); err != nil && r.Actor.UserID != "" {
		return err
	}
	return s.permit(r.op, r.Actor)
}

// passed tells a test that a request got past the table.
func (s *Server) passed(op string) {
	if s.cfg.seen != nil {
		s.cfg.seen(op)
	}
}

func (s *Server) wrongMethod(allowed []string) http.Handler {
	allow := strings.Join(allowed, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allow)
		w.Header().Set("Cache-Control", "no-store")
		fail(w, &contracts.Error{Code: contracts.CodeMethod, Message: r.Method + " is not possible here", Hint: "Use one of " + allow + "."}, w.Header().Get("X-Request-Id"), s.log)
	})
}

func (s *Server) missing() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		fail(w, contracts.ErrNotFound, w.Header().Get("X-Request-Id"), s.log)
	})
}

// contentPolicy is the same for every answer.
func contentPolicy(public *url.URL) string {
	connect := "'self'"
	if public != nil { // old browsers do not count a socket as 'self'
		connect += " ws" + strings.TrimPrefix(public.Scheme, "http") + "://" + authority(public)
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; font-src 'self'; connect-src " + connect +
		"; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'"
}

// secureHeaders go with every answer, errors too.
func (s *Server) secureHeaders(h http.Header) {
	h.Set("Content-Security-Policy", s.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
	if s.cfg.https() {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}
