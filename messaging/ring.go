package messaging

import (
	"encoding/json"

	"github.com/dankerchat/dankerchat/contracts"
)

// entry is one event as the hub remembers it.
type entry struct {
	event *contracts.Event // Data nil: its bytes stand in the frame
	users []string         // of dm.created: the participants
	frame *Frame           // nil for what no client ever sees
}

// ring holds the newest events in memory, without gaps, for those who come back
// soon.
type ring struct {
	entries    []entry
	bytes      int
	maxEntries int
	maxBytes   int
}

func (r *ring) push(e entry) {
	r.entries = append(r.entries, e)
	r.bytes += e.size()
	for len(r.entries) > r.maxEntries || r.bytes > r.maxBytes && len(r.entries) > 1 {
		r.bytes -= r.entries[0].size()
		r.entries[0] = entry{} // the array behind the slice must not keep it
		r.entries = r.entries[1:]
	}
}

// size is about what an entry costs.
func (e entry) size() int {
	if e.frame == nil {
		return 300
	}
	return 300 + len(e.frame.Bytes)
}

// after returns the entries with greater positions, and whether all of them are there.
func (r *ring) after(position, head int64) ([]entry, bool) {
	if position >= head {
		return nil, true
	}
	if len(r.entries) == 0 || r.entries[0].event.Position > position+1 {
		return nil, false
	}
	return r.entries[position+1-r.entries[0].event.Position:], true
}

// erase takes the text of a deleted message, or of those that retention removed,
// out of the frames that are still held, as a replay from the database would show
// them.
func (r *ring) erase(ev *contracts.Event) {
	switch ev.Type {
	case contracts.EventMessageDeleted:
		r.rewrite(ev.Scope, func(e *entry) {
			if e.event.Subject == ev.Subject {
				again := *e.event
				again.Data = ev.Data
				e.frame = newFrame(&again)
			}
		})
	case contracts.EventMessagesRemoved:
		var removed struct {
			Through int64 `json:"through_position"`
		}
		if json.Unmarshal(ev.Data, &removed) != nil {
			return
		}
		r.rewrite(ev.Scope, func(e *entry) {
			var held struct {
				Data contracts.Message `json:"d"`
			}
			if json.Unmarshal(e.frame.Bytes, &held) != nil || held.Data.Position > removed.Through {
				return
			}
			m := held.Data
			m.Text, m.Mentions, m.MentionAll, m.Version = "", []string{}, false, m.Version+1
			if m.DeletedAt == nil {
				m.DeletedAt = &ev.At
			}
			again := *e.event
			var err error
			if again.Data, err = json.Marshal(m); err == nil {
				e.frame = newFrame(&again)
			}
		})
	}
}

func (r *ring) rewrite(scope string, fn func(*entry)) {
	for i := range r.entries {
		e := &r.entries[i]
		switch e.event.Type {
		case contracts.EventMessageCreated, contracts.EventMessageUpdated, contracts.EventMessageDeleted:
			if e.event.Scope == scope && e.frame != nil {
				r.bytes -= e.size()
				fn(e)
				r.bytes += e.size()
			}
		}
	}
}
