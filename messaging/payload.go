package messaging

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
)

// memberData is the payload of member events.
type memberData struct {
	ConversationID string            `json:"conversation_id"`
	User           contracts.UserRef `json:"user"`
	Role           contracts.Role    `json:"role"`
	By             string            `json:"by"`
}

// Payload fills in Data of message, member, read, muted_user, dm.created and
// messages.removed events that have none, from the rows as they are now: an erased message is erased
// in the replay of its creation too. An event about something that is gone keeps
// nil. Other events are left alone.
func (s *Service) Payload(ctx context.Context, q eventlog.Querier, events []*contracts.Event) error {
	w := wanted{}
	for _, ev := range events {
		if ev.Data == nil {
			w.add(ev)
		}
	}
	messages, err := readMessages(ctx, q, w.messages)
	if err != nil {
		return err
	}
	directs, err := s.directs(ctx, q, w.directs)
	if err != nil {
		return err
	}
	for _, m := range messages {
		w.people = append(w.people, m.Author.ID)
	}
	ref, err := s.refs(ctx, w.people)
	if err != nil {
		return err
	}
	for _, ev := range w.events {
		data, err := s.payload(ctx, q, ev, messages, directs, ref)
		if err != nil {
			return fmt.Errorf("render %s at %d: %w", ev.Type, ev.Position, err)
		}
		ev.Data = data
	}
	return nil
}

// wanted is what has to be read for a list of events.
type wanted struct {
	events                    []*contracts.Event
	messages, directs, people []string
}

func (w *wanted) add(ev *contracts.Event) {
	switch ev.Type {
	case contracts.EventMessageCreated, contracts.EventMessageUpdated, contracts.EventMessageDeleted:
		w.messages = append(w.messages, ev.Subject)
	case contracts.EventDirectCreated:
		w.directs = append(w.directs, ev.Subject)
	case contracts.EventMemberJoined, contracts.EventMemberLeft, contracts.EventMemberRoleChanged, contracts.EventMutedUserUpdated:
		w.people = append(w.people, ev.Subject)
	case contracts.EventReadUpdated, contracts.EventMessagesRemoved:
	default:
		return
	}
	w.events = append(w.events, ev)
}

func (s *Service) payload(ctx context.Context, q eventlog.Querier, ev *contracts.Event, messages map[string]contracts.Message,
	directs map[string]contracts.DirectConversation, ref func(string) contracts.UserRef,
) (json.RawMessage, error) {
	switch ev.Type {
	case contracts.EventDirectCreated:
		if d, ok := directs[ev.Subject]; ok {
			// As it was made: its messages are events after this one, and who counted them
			// from here on would count none of those that are in the table by now.
			d.LastPosition = 0
			return json.Marshal(d)
		}
	case contracts.EventMemberJoined, contracts.EventMemberLeft, contracts.EventMemberRoleChanged:
		var refs memberRefs
		if ev.Refs != "" {
			if err := json.Unmarshal([]byte(ev.Refs), &refs); err != nil {
				return nil, err
			}
		}
		if refs.Role == "" {
			refs.Role = contracts.ChannelMember
		}
		return json.Marshal(memberData{ev.Scope, ref(ev.Subject), refs.Role, refs.By})
	case contracts.EventReadUpdated:
		return readPayload(ctx, q, ev)
	case contracts.EventMutedUserUpdated:
		return s.mutedPayload(ctx, q, ev, ref)
	case contracts.EventMessagesRemoved:
		var refs struct {
			Through int64 `json:"through_position"`
		}
		if err := json.Unmarshal([]byte(ev.Refs), &refs); err != nil {
			return nil, err
		}
		return removedData(ev.Scope, refs.Through), nil
	default:
		if m, ok := messages[ev.Subject]; ok {
			m.Author = ref(m.Author.ID)
			return json.Marshal(m)
		}
	}
	return nil, nil
}

// readPayload is the state as it is now, or nothing for one who has left.
func readPayload(ctx context.Context, q eventlog.Querier, ev *contracts.Event) (json.RawMessage, error) {
	st, err := readState(ctx, q, ev.Scope, ev.Subject)
	if contracts.CodeOf(err) == contracts.CodeNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(st)
}
