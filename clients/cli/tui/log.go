package tui

import (
	"slices"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// log is what is loaded of a conversation: its newest stretch, without gaps, and
// what one has written that the server has not acknowledged.
type log struct {
	messages []contracts.Message // by position
	loaded   bool                // the newest stretch is there
	loading  bool
	complete bool // nothing is before it
	outbox   []outgoing
}

// outgoing is a message on its way.
type outgoing struct {
	id     string // client_msg_id: a repeat posts once
	text   string
	at     time.Time
	tried  bool
	failed error // nil while it is waiting or on its way
}

// take adds a message or replaces an older version of it. It says goodbye to the
// outgoing one that it is.
func (l *log) take(m contracts.Message) {
	l.drop(m.ClientMsgID)
	if !l.loaded {
		return
	}
	i, found := l.at(m.Position)
	switch {
	case found && l.messages[i].Version < m.Version:
		l.messages[i] = m
	case !found && i == 0 && !l.complete && len(l.messages) > 0:
		// older than what is loaded: it comes with its page
	case !found:
		l.messages = slices.Insert(l.messages, i, m)
	}
}

func (l *log) at(position int64) (int, bool) {
	return slices.BinarySearchFunc(l.messages, position, func(m contracts.Message, p int64) int {
		return int(m.Position - p)
	})
}

// page takes a stretch of history in: the newest one, or the one before what is
// loaded. Between the request and its answer events may have come.
func (l *log) page(messages []contracts.Message, hasBefore bool) {
	known := l.messages
	l.loaded, l.loading, l.complete = true, false, !hasBefore
	l.messages = nil
	for _, list := range [][]contracts.Message{messages, known} {
		for _, m := range list {
			l.drop(m.ClientMsgID)
			if i, found := l.at(m.Position); !found {
				l.messages = slices.Insert(l.messages, i, m)
			} else if l.messages[i].Version < m.Version {
				l.messages[i] = m
			}
		}
	}
}

// remove forgets what retention erased.
func (l *log) remove(through int64) {
	l.messages = slices.DeleteFunc(l.messages, func(m contracts.Message) bool { return m.Position <= through })
}

func (l *log) drop(clientMsgID string) {
	if clientMsgID == "" {
		return
	}
	l.outbox = slices.DeleteFunc(l.outbox, func(o outgoing) bool { return o.id == clientMsgID })
}

// next is the message to send now: the first, unless it is on its way or failed.
// Those behind it wait, so that the order stays.
func (l *log) next() *outgoing {
	if len(l.outbox) == 0 || l.outbox[0].tried {
		return nil
	}
	return &l.outbox[0]
}

// own is one's last message that can be edited.
func (l *log) own(me string) (contracts.Message, bool) {
	for _, m := range slices.Backward(l.messages) {
		if m.Author.ID == me && m.Kind == contracts.MessageUser && m.DeletedAt == nil {
			return m, true
		}
	}
	return contracts.Message{}, false
}
