package server

import (
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/dankerchat/dankerchat/messaging"
)

// Bounds of what waits for one slow socket. The bytes are what counts: a busy channel
// fills 256 frames within the time that a client's machine takes to look up.
const (
	maxQueued      = 2048
	maxQueuedBytes = 1 << 20
)

// queue holds what waits for one socket. Whoever puts the first frame in starts a
// writer, which ends when the queue is empty: an idle socket has none.
type queue struct {
	mu      sync.Mutex         // guards all below; nothing else is locked under it
	frames  []*messaging.Frame // the hub's, which all its sockets share, and our own answers
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
func (q *queue) put(replay bool, frames ...*messaging.Frame) verdict {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.stopped {
		return dropped
	}
	for _, f := range frames {
		n := len(f.Bytes)
		switch {
		case replay:
			q.replay++
		case f.Ephemeral && (len(q.frames)-q.replay >= maxQueued/2 || q.bytes >= maxQueuedBytes/2):
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
// one frame); none means that the writer is to end. into is what it returned before.
func (q *queue) take(into []*messaging.Frame) []*messaging.Frame {
	q.mu.Lock()
	defer q.mu.Unlock()
	clear(into)
	if len(q.frames) == 0 || q.stopped {
		q.writing, q.frames = false, nil // an idle socket keeps no memory
		return nil
	}
	size, n := 0, 0
	for n < len(q.frames) {
		size += len(q.frames[n].Bytes) + 1
		if n > 0 && size > maxWrite {
			break
		}
		n++
	}
	for _, f := range q.frames[min(n, q.replay):n] {
		q.bytes -= len(f.Bytes)
	}
	q.replay = max(0, q.replay-n)
	if n == len(q.frames) { // the two arrays change places
		into, q.frames = q.frames, into[:0]
		return into
	}
	into = append(into[:0], q.frames[:n]...)
	rest := copy(q.frames, q.frames[n:])
	clear(q.frames[rest:])
	q.frames = q.frames[:rest]
	return into
}

// stop drops what waits and takes nothing more.
func (q *queue) stop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stopped, q.frames, q.bytes, q.replay = true, nil, 0, 0
}

// enqueue puts frames and starts a writer, or ends a connection that cannot keep up.
func (c *conn) enqueue(replay bool, frames ...*messaging.Frame) {
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
	var batch []*messaging.Frame
	for {
		if d := c.srv.pace.wait(c.wrote); d > 0 {
			time.Sleep(d)
		}
		batch = c.queue.take(batch)
		if len(batch) == 0 {
			return
		}
		c.wrote = time.Now()
		_ = c.ws.SetWriteDeadline(c.wrote.Add(writeWait))
		if err := c.writeBatch(batch); err != nil {
			c.queue.stop()
			_ = c.ws.Close() // ends the reader, which cleans up
			return
		}
		c.srv.pace.count(c.wrote)
		c.srv.metrics.writes.Inc()
		c.srv.metrics.frames.Add(float64(len(batch)))
	}
}

func (c *conn) writeBatch(batch []*messaging.Frame) error {
	if len(batch) > 1 {
		return c.writeArray(batch)
	}
	return c.ws.WriteMessage(websocket.TextMessage, batch[0].Bytes)
}

// writeArray writes several frames as a whole message: with one system call, where the
// connection's own small buffer would make one of each KiB.
func (c *conn) writeArray(batch []*messaging.Frame) error {
	b := borrow()
	defer buffers.Put(b)
	separator := byte('[')
	for _, f := range batch {
		b.WriteByte(separator)
		b.Write(f.Bytes)
		separator = ','
	}
	b.WriteByte(']')
	return c.ws.WriteMessage(websocket.TextMessage, b.Bytes())
}
