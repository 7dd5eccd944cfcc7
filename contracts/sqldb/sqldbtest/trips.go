package sqldbtest

import (
	"net"
	"net/url"
	"sync/atomic"
	"testing"
)

// Trips counts the round trips to PostgreSQL of everything that opens URL: each time
// that a client speaks after the server has spoken. That number is the same on a slow
// and on a busy machine, unlike a time.
type Trips struct {
	URL string
	n   atomic.Int64
}

// CountTrips starts a relay on loopback before the PostgreSQL database at target. It
// ends with the test.
func CountTrips(tb testing.TB, target string) *Trips {
	tb.Helper()
	u, err := url.Parse(target)
	if err != nil {
		tb.Fatalf("parse database URL: %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("listen: %v", err)
	}
	tb.Cleanup(func() { _ = l.Close() })
	server := u.Host
	u.Host = l.Addr().String()
	t := &Trips{URL: u.String()}
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			upstream, err := net.Dial("tcp", server)
			if err != nil {
				_ = client.Close()
				continue
			}
			asked := &atomic.Bool{} // the client spoke last
			go relay(upstream, client, func() {
				if asked.CompareAndSwap(false, true) {
					t.n.Add(1)
				}
			})
			go relay(client, upstream, func() { asked.Store(false) })
		}
	}()
	return t
}

// Count returns how many there were since the relay started.
func (t *Trips) Count() int64 { return t.n.Load() }

// relay copies until either side ends; heard is called for each piece before it is
// passed on.
func relay(to, from net.Conn, heard func()) {
	defer func() { _ = to.Close(); _ = from.Close() }()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			heard()
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
