package server

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// What waits for a silent client fits in the smallest stack there is: one call more on
// the way to the read would double the memory of ten thousand idle sockets. It is measured
// in a process of its own, whose goroutines begin with the smallest stack: elsewhere the
// runtime lets them begin with what others needed before.
func TestIdleSocketsAreSmall(t *testing.T) {
	t.Parallel()
	const measuring = "DANKERCHAT_TEST_STACKS"
	if os.Getenv(measuring) == "" {
		for tries := 1; ; tries++ { // a busy machine makes the runtime start threads, whose stacks count too
			program := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
			program.Env = append(os.Environ(), measuring+"=1", "GODEBUG=adaptivestackstart=0")
			output, err := program.CombinedOutput()
			if err == nil {
				return
			}
			if tries == 5 {
				t.Fatalf("%v: %s", err, output)
			}
		}
	}
	const sockets = 400
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	var wires []*wire
	var clients []net.Conn
	for range sockets {
		client, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		clients, wires = append(clients, client), append(wires, newWire(c))
	}
	inUse := func() int64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.StackInuse)
	}
	runtime.GC()
	before := inUse()
	var awake sync.WaitGroup
	for _, w := range wires {
		awake.Add(1)
		c := &conn{wire: w}
		go func() { defer awake.Done(); c.wire.await() }()
	}
	time.Sleep(100 * time.Millisecond) // all wait now
	limit := 3000.
	if raceDetector() {
		limit = 9000 // its frames are larger
	}
	if each := float64(inUse()-before) / sockets; each > limit {
		t.Errorf("a socket that waits takes %.0f bytes of stack", each)
	}
	for _, c := range clients {
		_ = c.Close()
	}
	awake.Wait()
	for _, w := range wires {
		_ = w.Close()
	}
}

func raceDetector() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// Frames that come byte by byte, several at once, or larger than any buffer are served
// all the same, and in their order.
func TestFramesArriveInAnyPieces(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"), unasked) // an answer to a ping would fall between the pieces
	owner := w.setUp()
	general, s := owner.channel("general").ID, owner.connect(nil)
	var stream []byte
	for i := range 40 {
		text := "short"
		if i%5 == 4 {
			text = strings.Repeat("long", 900)
		}
		stream = append(stream, masked(encode(map[string]any{"op": "message.send", "id": fmt.Sprint(i), "d": map[string]any{"conversation_id": general, "text": text}}))...)
	}
	go func() {
		for i := 0; len(stream) > 0; i++ {
			n := min(len(stream), []int{1, 2, 3, 200, 5000, 300, 1}[i%7])
			if _, err := s.ws.NetConn().Write(stream[:n]); err != nil {
				t.Errorf("write: %v", err)
				return
			}
			stream = stream[n:]
			if i < 50 {
				time.Sleep(2 * time.Millisecond)
			}
		}
	}()
	for i := range 40 {
		if f := s.expect("ack"); f.ID != fmt.Sprint(i) {
			t.Fatalf("ack %d is of frame %s", i, f.ID)
		}
	}
}

// masked is a client's text frame, with a key of zeros that leaves it as it is.
func masked(b []byte) []byte {
	f := []byte{0x81, 0x80 | byte(len(b))}
	if len(b) > 125 {
		f = append(f[:1], 0x80|126, byte(len(b)>>8), byte(len(b)))
	}
	return append(append(f, 0, 0, 0, 0), b...)
}

// deadlines is a connection that notes the write deadlines it gets.
type deadlines struct {
	net.Conn
	set []time.Time
}

func (d *deadlines) SetWriteDeadline(t time.Time) error {
	d.set = append(d.set, t)
	return nil
}

// A deadline is never later than asked for, and at most a second earlier.
func TestWriteDeadlinesAreSetWhenTheyMatter(t *testing.T) {
	t.Parallel()
	under := &deadlines{}
	w := newWire(under)
	begin := time.Unix(1_800_000_000, 0)
	for _, step := range []struct {
		at  time.Duration
		set bool
	}{{0, true}, {time.Millisecond, false}, {999 * time.Millisecond, false}, {time.Second, true}, {time.Second, false}, {time.Millisecond, true}, {time.Hour, true}} {
		before := len(under.set)
		if err := w.SetWriteDeadline(begin.Add(step.at)); err != nil {
			t.Fatal(err)
		}
		if set := len(under.set) > before; set != step.set {
			t.Errorf("a deadline after %v is set: %v", step.at, set)
		}
	}
	_ = w.SetWriteDeadline(time.Time{})
	if !under.set[len(under.set)-1].IsZero() {
		t.Error("no deadline at all is not passed on")
	}
}

// BenchmarkWriteDeadline is what each write to a socket pays for its deadline.
func BenchmarkWriteDeadline(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _, _ = c.Close(), l.Close() })
	for name, conn := range map[string]net.Conn{"tcp": c, "wire": newWire(c)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_ = conn.SetWriteDeadline(time.Now().Add(writeWait))
			}
		})
	}
}
