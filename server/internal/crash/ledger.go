package crash

import (
	"fmt"
	"sync"
)

// ledger is what the senders know: what they sent and what they were told.
type ledger struct {
	mu      sync.Mutex // guards all
	entries map[string]*entry
	err     error // a send was refused outright, which these rounds never expect
}

type entry struct {
	id, text string // client_msg_id and text
	verdict  verdict
	message  message // when acknowledged
}

type verdict int

const (
	invoked verdict = iota
	acknowledged
	outcomeUnknown
)

func (l *ledger) invoke(id, text string) *entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := &entry{id: id, text: text}
	l.entries[id] = e
	return e
}

func (l *ledger) ok(e *entry, m message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.verdict, e.message = acknowledged, m
}

func (l *ledger) unknown(e *entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.verdict = outcomeUnknown
}

func (l *ledger) refuse(e *entry, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = fmt.Errorf("send %s: %w", e.id, err)
}

func (l *ledger) refused() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

func (l *ledger) count() (acked, unknown int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.entries {
		switch e.verdict {
		case acknowledged:
			acked++
		case outcomeUnknown:
			unknown++
		case invoked:
		}
	}
	return acked, unknown
}

// check holds what is stored against what was promised. stored is the whole
// history in order.
func check(l *ledger, stored []message) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	seen := map[string]message{}
	for i, m := range stored {
		if m.Position != int64(i+1) {
			return fmt.Errorf("position %d stands where %d was expected: the history has a hole or a double", m.Position, i+1)
		}
		if m.ClientMsgID == "" {
			continue // written by DankerChat itself
		}
		if first, ok := seen[m.ClientMsgID]; ok {
			return fmt.Errorf("%s is stored twice, at positions %d and %d", m.ClientMsgID, first.Position, m.Position)
		}
		seen[m.ClientMsgID] = m
		e := l.entries[m.ClientMsgID]
		if e == nil {
			return fmt.Errorf("%s at position %d was never sent", m.ClientMsgID, m.Position)
		}
		if e.text != m.Text {
			return fmt.Errorf("%s is stored with another text: %q", m.ClientMsgID, m.Text)
		}
	}
	lost := 0
	var example *entry
	for _, e := range l.entries {
		if e.verdict != acknowledged {
			continue
		}
		m, ok := seen[e.id]
		if !ok {
			lost++
			example = e
			continue
		}
		if m.ID != e.message.ID || m.Position != e.message.Position {
			return fmt.Errorf("%s was acknowledged as %s at %d and is stored as %s at %d", e.id, e.message.ID, e.message.Position, m.ID, m.Position)
		}
	}
	if lost > 0 {
		return fmt.Errorf("%d acknowledged messages are lost, %s among them", lost, example.id)
	}
	return nil
}
