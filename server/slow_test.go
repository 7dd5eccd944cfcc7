package server

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/messaging"
)

// The queue's bounds, without a network: ephemeral frames go first, 2,048 frames
// or 1 MiB end the connection, a replay does not count.
func TestQueueBounds(t *testing.T) {
	t.Parallel()
	event := func(size int) *messaging.Frame { return &messaging.Frame{Position: 1, Bytes: make([]byte, size)} }
	typing := &messaging.Frame{Ephemeral: true, Bytes: []byte("typing")}

	var q queue
	q.writing = true // a writer that is stuck
	for i := range maxQueued / 2 {
		if v := q.put(false, event(10)); v != queued {
			t.Fatalf("frame %d: %v", i, v)
		}
	}
	if v := q.put(false, typing); v != dropped {
		t.Errorf("typing into a half full queue: %v", v)
	}
	for i := range maxQueued / 2 {
		if v := q.put(false, event(10)); v != queued {
			t.Fatalf("frame %d: %v", maxQueued/2+i, v)
		}
	}
	if v := q.put(false, event(10)); v != full {
		t.Errorf("one frame too many: %v", v)
	}

	q = queue{writing: true}
	if v := q.put(false, event(maxQueuedBytes-10)); v != queued {
		t.Errorf("1 MiB: %v", v)
	}
	if v := q.put(false, event(11)); v != full {
		t.Errorf("1 MiB and one byte: %v", v)
	}

	q = queue{writing: true}
	replay := make([]*messaging.Frame, messaging.MaxReplay)
	for i := range replay {
		replay[i] = event(1000)
	}
	if v := q.put(true, replay...); v != queued {
		t.Errorf("a replay: %v", v)
	}
	for range maxQueued {
		if v := q.put(false, event(10)); v != queued {
			t.Fatalf("live frames behind a replay: %v", v)
		}
	}
	taken, size := 0, 0
	for batch := q.take(nil); len(batch) > 0; batch = q.take(batch) {
		size = 0
		for _, f := range batch {
			size += len(f.Bytes) + 1
		}
		if size > maxWrite {
			t.Errorf("%d bytes in one message", size)
		}
		taken += len(batch)
	}
	if taken != messaging.MaxReplay+maxQueued || q.bytes != 0 || q.replay != 0 || q.writing || q.frames != nil {
		t.Errorf("took %d, left %+v", taken, q.bytes)
	}
	if v := q.put(false, event(1)); v != start {
		t.Errorf("the first frame into an empty queue: %v", v)
	}
}

// One reader that stops reading is cut off with 4000 and resumes; the others get
// everything.
func TestASlowConsumerIsCutOffAndResumes(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	owner := w.setUp()
	member := w.newUser("member", contracts.RoleMember)
	general := owner.channel("general").ID

	d := websocket.Dialer{Subprotocols: []string{subprotocol}}
	ws, _, err := d.Dial(strings.Replace(w.address, "http", "ws", 1)+base+"/ws", map[string][]string{"Authorization": {"Bearer " + member.token}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.Close() })
	if err := ws.WriteMessage(websocket.TextMessage, []byte(`{"op":"hello","id":"h","d":{}}`)); err != nil {
		t.Fatal(err)
	}
	fast := member.connect(nil)

	const posts = 1200
	text := strings.Repeat("𝒳", 4000) // 16 kB each, so that no kernel buffers them all
	var senders sync.WaitGroup
	ahead := make(chan struct{}, 20) // of whom reads fast, whatever the machine: well below the bounds
	for range 4 {
		senders.Go(func() {
			for range posts / 4 {
				ahead <- struct{}{}
				owner.post(general, text)
			}
		})
	}
	for range posts {
		fast.expect(contracts.EventMessageCreated)
		<-ahead
	}
	senders.Wait()
	// Only now does the slow one read: what had been sent, then the end.
	got, deadline := 0, time.Now().Add(patience)
	var cursor contracts.Cursor
	for {
		_ = ws.SetReadDeadline(deadline)
		_, data, err := ws.ReadMessage()
		if err != nil {
			if websocket.IsCloseError(err, closeSlow) || !strings.Contains(err.Error(), "timeout") {
				break // the close frame may not have got through the full buffers
			}
			t.Fatalf("the slow socket: %v", err)
		}
		s := &socket{t: t}
		for _, f := range s.split(data) {
			if f.Op == "event" && f.Position > 0 {
				cursor.Position, cursor.Mark = f.Position, f.Mark
				got++
			}
		}
	}
	if got >= posts {
		t.Fatalf("the slow socket got all %d", got)
	}
	cursor.Epoch = fast.hello.Epoch
	back := member.connect(&cursor)
	if !back.hello.Resumed || back.hello.Replayed != posts-got {
		t.Errorf("after %d of %d: %+v", got, posts, back.hello)
	}
	t.Logf("cut off after %d of %d", got, posts)
}

// Frames that wait together come as one array.
func TestWaitingFramesShareAMessage(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	owner := w.setUp()
	general := owner.channel("general").ID
	s := owner.connect(nil)
	cursor := s.cursor
	for i := range 20 {
		owner.post(general, fmt.Sprint(i))
	}
	back := owner.connect(&cursor)
	together := 0
	for range 20 {
		together = max(together, back.expect(contracts.EventMessageCreated).array)
	}
	if together < 2 {
		t.Error("twenty replayed frames came one by one")
	}
}
