package server

import (
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/dankerchat/dankerchat/messaging"
)

// Bounds of what waits for one slow socket.
const (
	maxQueued      = 256
	maxQueuedBytes = 1 << 20
)

// outFrame is a frame that waits: the hub's, which all its sockets share, or one of
// our own.
type outFrame struct {
	shared *messaging.Frame
	own    []byte
}

func (f outFrame) bytes() []byte {
	if f.shared != nil {
		return f.shared.Bytes
	}
	return f.own
}

// queue holds what waits for one socket. Whoever puts the first frame in starts a
// writer, which ends when the queue is empty: an idle socket has none.
type queue struct {
	mu      sync.Mutex // guards all below; nothing else is locked under it
	frames  []outFrame
	bytes   int
	replay  int // of frames: a resume's, which do not count against the bounds
	writing bool
	stopped bool
}

type verdict int

const (
	queued verdict = iota
	start          // queued, and a writer is to be started
	dropped
	full
)

// put adds frames; with replay they do not count.
func (q *queue) put(replay bool, frames ...outFrame) verdict {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.stopped {
		return dropped
	}
	for _, f := range frames {
		n := len(f.bytes())
		switch {
		case replay:
			q.replay++
		case f.shared != nil && f.shared.Ephemeral && (len(q.frames)-q.replay >= maxQueued/2 || q.bytes >= maxQueuedBytes/2):
			return dropped
		case len(q.frames)-q.replay >= maxQueued || q.bytes+n > maxQueuedBytes:
			return full
		default:
			q.bytes += n
		}
		q.frames = append(q.frames, f)
	}
	if q.writing || len(q.frames) == 0 {
		return queued
	}
	q.writing = true
	return start
}

// take returns the frames for the next WebSocket message, at most maxWrite bytes (or
// one frame); none means that the writer is to end.
func (q *queue) take(into []outFrame) []outFrame {
	q.mu.Lock()
	defer q.mu.Unlock()
	size, n := 0, 0
	for n < len(q.frames) {
		size += len(q.frames[n].bytes()) + 1
		if n > 0 && size > maxWrite {
			break
		}
		n++
	}
	into = append(into[:0], q.frames[:n]...)
	for i, f := range into {
		if i < q.replay {
			continue
		}
		q.bytes -= len(f.bytes())
	}
	q.replay = max(0, q.replay-n)
	if rest := copy(q.frames, q.frames[n:]); rest == 0 {
		q.frames = nil // an idle socket keeps no memory
	} else {
		clear(q.frames[rest:])
		q.frames = q.frames[:rest]
	}
	if n == 0 || q.stopped {
		q.writing = false
		return nil
	}
	return into
}

// stop drops what waits and takes nothing more.
func (q *queue) stop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stopped, q.frames, q.bytes, q.replay = true, nil, 0, 0
}

// enqueue puts frames and starts a writer, or ends a connection that cannot keep up.
func (c *conn) enqueue(replay bool, frames ...outFrame) {
	switch c.queue.put(replay, frames...) {
	case start:
		go c.write()
	case dropped:
		c.srv.metrics.shed.Inc()
	case full:
		c.close(closeSlow, closeReason{Code: "slow_consumer", RetryAfterMS: 500})
	case queued:
	}
}

// write sends what waits until nothing does. Several frames that wait together go as
// one WebSocket message, a JSON array: ten times the deliveries per second.
func (c *conn) write() {
	var batch []outFrame
	for {
		batch = c.queue.take(batch)
		if len(batch) == 0 {
			return
		}
		_ = c.ws.SetWriteDeadline(time.Now().Add(writeWait))
		if err := c.writeBatch(batch); err != nil {
			c.queue.stop()
			_ = c.ws.Close() // ends the reader, which cleans up
			return
		}
		c.srv.metrics.writes.Inc()
		c.srv.metrics.frames.Add(float64(len(batch)))
	}
}

func (c *conn) writeBatch(batch []outFrame) error {
	if len(batch) == 1 {
		if f := batch[0].shared; f != nil {
			if p, ok := f.Prepared(prepare).(*websocket.PreparedMessage); ok && p != nil {
				return c.ws.WritePreparedMessage(p)
			}
		}
		return c.ws.WriteMessage(websocket.TextMessage, batch[0].bytes())
	}
	w, err := c.ws.NextWriter(websocket.TextMessage)
	if err != nil {
		return err
	}
	separator := []byte("[")
	for _, f := range batch {
		if _, err := w.Write(separator); err != nil {
			return err
		}
		if _, err := w.Write(f.bytes()); err != nil {
			return err
		}
		separator = []byte(",")
	}
	if _, err := w.Write([]byte("]")); err != nil {
		return err
	}
	return w.Close()
}

// prepare makes the WebSocket message of a frame that goes to many sockets.
func prepare(b []byte) any {
	p, err := websocket.NewPreparedMessage(websocket.TextMessage, b)
	if err != nil {
		return nil // it is then written by itself
	}
	return p
}
