package messaging

import (
	"strconv"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// Frame is an event as it goes to a client, encoded once for all of them.
type Frame struct {
	Position  int64 // in the log; 0 when Ephemeral
	Mark      string
	Type      string
	Ephemeral bool   // typing, presence: the first to be shed
	Bytes     []byte // the complete {"op":"event",…}; not to be changed
}

// newFrame encodes an event whose Data is set.
func newFrame(ev *contracts.Event) *Frame {
	f := &Frame{Position: ev.Position, Mark: ev.Mark, Type: ev.Type, Ephemeral: ev.Position == 0}
	b := make([]byte, 0, len(ev.Data)+128)
	b = append(b, `{"op":"event",`...)
	if !f.Ephemeral {
		b = append(b, `"position":`...)
		b = strconv.AppendInt(b, ev.Position, 10)
		b = append(b, `,"mark":"`...)
		b = append(b, ev.Mark...) // letters and digits
		b = append(b, `",`...)
	}
	b = append(b, `"type":"`...)
	b = append(b, ev.Type...)
	b = append(b, `","at":"`...)
	b = ev.At.UTC().AppendFormat(b, timeFormat)
	b = append(b, `","d":`...)
	b = append(b, ev.Data...)
	b = append(b, '}')
	f.Bytes = b
	return f
}

// timeFormat is RFC 3339 with milliseconds.
const timeFormat = "2006-01-02T15:04:05.000Z07:00"

func ephemeral(typ string, now time.Time, data []byte) *contracts.Event {
	return &contracts.Event{Type: typ, At: now.UTC(), Data: data}
}
