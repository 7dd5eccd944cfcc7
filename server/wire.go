package server

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"syscall"
	"time"
)

// A wire is the TCP connection under a WebSocket, as gorilla reads it. While nothing
// comes it is waited on outside of gorilla: the calls from there down to the read need
// a stack of 4 KiB, and idle sockets are as many as there are people.
type wire struct {
	net.Conn
	raw    syscall.RawConn // nil when the connection has none
	buffer *bufio.Reader   // gorilla's
	first  [1]byte         // read by await, for the next Read
	ready  bool            // first is filled
	limit  time.Time       // the write deadline that is set
}

// wireBuffer is the size of a read buffer: the least that gorilla takes over.
const wireBuffer = 257

func newWire(c net.Conn) *wire {
	w := &wire{Conn: c}
	w.buffer = bufio.NewReaderSize(w, wireBuffer)
	if s, ok := c.(syscall.Conn); ok {
		if raw, err := s.SyscallConn(); err == nil {
			w.raw = raw
		}
	}
	return w
}

// await returns when there is something to read, or the connection has ended or is past
// its deadline, which the next Read tells. It must stay shallow: TestIdleSocketsAreSmall.
func (w *wire) await() {
	if w.raw != nil && !w.ready {
		_ = w.raw.Read(w.look)
	}
}

// look reads a byte without waiting; false is that there was none yet.
func (w *wire) look(fd uintptr) bool {
	for {
		n, err := syscall.Read(int(fd), w.first[:])
		switch err {
		case syscall.EINTR:
		case syscall.EAGAIN:
			return false
		default:
			w.ready = n == 1
			return true
		}
	}
}

func (w *wire) Read(p []byte) (int, error) {
	if w.ready && len(p) > 0 {
		w.ready = false
		return copy(p, w.first[:]), nil
	}
	return w.Conn.Read(p)
}

// limitStep is how much later a write deadline must be than the last one to be set.
const limitStep = time.Second

// SetWriteDeadline leaves a deadline that is less than limitStep ahead of the one before
// it: gorilla sets one for each write, and each is a change in the runtime's timers.
func (w *wire) SetWriteDeadline(t time.Time) error {
	if d := t.Sub(w.limit); d >= 0 && d < limitStep {
		return nil
	}
	w.limit = t
	return w.Conn.SetWriteDeadline(t)
}

// A tcpWire is a wire that keeps TCP's way to write several buffers with one system
// call, which [net.Buffers] finds by a method that is not exported.
type tcpWire struct {
	*net.TCPConn
	wire *wire
}

func (t tcpWire) Read(p []byte) (int, error)          { return t.wire.Read(p) }
func (t tcpWire) SetWriteDeadline(at time.Time) error { return t.wire.SetWriteDeadline(at) }

// quiet reports whether all that was read has been taken.
func (w *wire) quiet() bool { return !w.ready && w.buffer.Buffered() == 0 }

// wiring gives gorilla a wire when it takes the connection over.
type wiring struct {
	http.ResponseWriter
	wire *wire
}

// Hijack implements [http.Hijacker].
func (h *wiring) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	inner, ok := h.ResponseWriter.(http.Hijacker)
	if !ok {
		return nil, nil, errors.New("server: the connection cannot be upgraded")
	}
	c, rw, err := inner.Hijack()
	if err != nil || rw.Reader.Buffered() > 0 { // which gorilla refuses
		return c, rw, err
	}
	h.wire = newWire(c)
	if tcp, ok := c.(*net.TCPConn); ok {
		c = tcpWire{tcp, h.wire}
	} else {
		c = h.wire
	}
	return c, bufio.NewReadWriter(h.wire.buffer, rw.Writer), nil
}
