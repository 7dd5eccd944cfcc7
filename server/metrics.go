package server

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/dankerchat/dankerchat/contracts"
)

// metrics are the server's figures, in a registry of its own.
type metrics struct {
	registry  *prometheus.Registry
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	posts     prometheus.Counter
	sockets   prometheus.Gauge
	frames    prometheus.Counter
	writes    prometheus.Counter
	shed      prometheus.Counter
	closes    *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry:  prometheus.NewRegistry(),
		requests:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "dankerchat_requests_total", Help: "HTTP requests by operation and status."}, []string{"op", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "dankerchat_request_seconds", Help: "Duration of HTTP requests.", Buckets: []float64{.001, .002, .005, .01, .025, .05, .1, .25, 1, 5}}, []string{"op"}),
		posts:     prometheus.NewCounter(prometheus.CounterOpts{Name: "dankerchat_messages_posted_total", Help: "Messages posted through this server."}),
		sockets:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "dankerchat_sockets", Help: "Open WebSocket connections."}),
		frames:    prometheus.NewCounter(prometheus.CounterOpts{Name: "dankerchat_frames_sent_total", Help: "Frames sent to sockets."}),
		writes:    prometheus.NewCounter(prometheus.CounterOpts{Name: "dankerchat_socket_writes_total", Help: "WebSocket messages written; several frames may share one."}),
		shed:      prometheus.NewCounter(prometheus.CounterOpts{Name: "dankerchat_frames_shed_total", Help: "Ephemeral frames dropped for slow sockets."}),
		closes:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "dankerchat_sockets_closed_total", Help: "Sockets closed by the server, by close code."}, []string{"code"}),
	}
	m.registry.MustRegister(m.requests, m.durations, m.posts, m.sockets, m.frames, m.writes, m.shed, m.closes,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) request(op string, status int, took time.Duration) {
	m.requests.WithLabelValues(op, strconv.Itoa(status)).Inc()
	m.durations.WithLabelValues(op).Observe(took.Seconds())
}

// serveMetrics answers a scraper on the same machine that came without a proxy, or
// whoever may manage the workspace.
func (s *Server) serveMetrics(w http.ResponseWriter, hr *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	r := &request{Request: hr, ID: w.Header().Get("X-Request-Id"), op: "metrics"}
	if !direct(hr) || s.trusted(addr(hr.RemoteAddr)) {
		cred, err := s.credentialOf(hr)
		if err == nil && cred.text != "" {
			r.Actor, err = s.ws.Auth.Authenticate(hr.Context(), cred.text)
		}
		if err != nil || !r.Actor.Can(contracts.PermManageSettings) {
			fail(w, contracts.ErrNotFound, r.ID, s.log)
			return
		}
	}
	promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{}).ServeHTTP(w, hr)
}

// direct reports whether a request comes from this machine itself and carries no
// trace of a proxy.
func direct(r *http.Request) bool {
	for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Forwarded", "Via"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	return addr(r.RemoteAddr).IsLoopback()
}
