package channels

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/dankerchat/dankerchat/contracts"
)

// ChannelUpdate says what to change; nil leaves a thing as it is.
type ChannelUpdate struct {
	Name    *string                     `json:"name,omitempty"`
	Topic   *string                     `json:"topic,omitempty"`
	Purpose *string                     `json:"purpose,omitempty"`
	Kind    *contracts.ConversationKind `json:"kind,omitempty"`
}

// Update changes a channel, for its owners and for whoever holds
// [contracts.PermManageChannels]. The members read in the timeline what changed;
// an update that changes nothing is no event. Making a private channel public
// shows its whole past to everybody who joins it; making a public one private
// keeps its members.
//
// Errors: [contracts.ErrNotFound], [contracts.ErrForbidden],
// [contracts.ErrArchived], [contracts.ErrNameTaken], [contracts.ErrInvalid] at the
// field, [contracts.ErrConflict] for everybody's channel made private.
func (s *Service) Update(ctx context.Context, actor contracts.Actor, id string, u ChannelUpdate) (contracts.Channel, error) {
	if !allows(actor, contracts.PermManageChannels) {
		return contracts.Channel{}, forbidden(contracts.PermManageChannels)
	}
	u, err := u.clean()
	if err != nil {
		return contracts.Channel{}, err
	}
	var channel contracts.Channel
	err = s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		c, err := s.updateTx(ctx, tx, actor, id, u)
		channel = c
		return err
	})
	return channel, err
}

func (u ChannelUpdate) clean() (ChannelUpdate, error) {
	for _, field := range []struct {
		value **string
		clean func(string) (string, error)
	}{
		{&u.Name, CleanName},
		{&u.Topic, func(t string) (string, error) { return cleanLine("/topic", "topic", t, MaxTopic) }},
		{&u.Purpose, func(t string) (string, error) { return cleanLine("/purpose", "purpose", t, MaxPurpose) }},
	} {
		if *field.value == nil {
			continue
		}
		text, err := field.clean(**field.value)
		if err != nil {
			return u, err
		}
		*field.value = &text
	}
	if u.Kind != nil {
		return u, checkKind(*u.Kind)
	}
	return u, nil
}

func (s *Service) updateTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, id string, u ChannelUpdate) (contracts.Channel, error) {
	var none contracts.Channel
	p, err := see(ctx, tx, actor, id)
	if err != nil {
		return none, err
	}
	may, power := p.manages(actor)
	switch {
	case !may:
		return none, errGoverned
	case p.Archived:
		return none, contracts.ErrArchived
	}
	before := p.Channel
	said, err := p.apply(ctx, tx, u)
	if err != nil {
		return none, err
	}
	if len(said) == 0 {
		return s.withPosition(ctx, tx, p)
	}
	_, err = tx.ExecContext(ctx, `UPDATE channels SET name = $1, look = $2, topic = $3, purpose = $4, kind = $5, auto_join = $6 WHERE id = $7`,
		p.Name, look(p.Name), p.Topic, p.Purpose, string(p.Kind), p.autoJoin, id)
	if err != nil {
		return none, fmt.Errorf("update channel: %w", err)
	}
	if p.Kind != before.Kind {
		if err := s.kinds.SetKindTx(ctx, tx, id, p.Kind); err != nil {
			return none, fmt.Errorf("set conversation kind: %w", err)
		}
	}
	for _, text := range said {
		if _, err := s.timeline.SystemTx(ctx, tx, id, actor.UserID, text); err != nil {
			return none, fmt.Errorf("write system message: %w", err)
		}
	}
	if before.Kind == contracts.KindPublic && p.Kind == contracts.KindPrivate {
		// Everybody is told that the channel is public no longer, and nothing else about
		// it. The participants get the whole of it by the event after this one.
		if err := tell(ctx, tx, actor, p.Channel, contracts.EventChannelUpdated, contracts.ScopeMembers); err != nil {
			return none, err
		}
	}
	if err := s.recorded(ctx, tx, actor, power, "channel.update", id, described(before), described(p.Channel)); err != nil {
		return none, err
	}
	return s.announce(ctx, tx, actor, p, contracts.EventChannelUpdated)
}

// apply changes the place as the update says and returns a sentence for each
// change.
func (p *place) apply(ctx context.Context, tx *sql.Tx, u ChannelUpdate) ([]string, error) {
	var said []string
	if u.Name != nil && *u.Name != p.Name {
		if err := nameFree(ctx, tx, *u.Name, p.ID); err != nil {
			return nil, err
		}
		said = append(said, "renamed the channel from #"+p.Name+" to #"+*u.Name)
		p.Name = *u.Name
	}
	if u.Topic != nil && *u.Topic != p.Topic {
		said = append(said, setOrCleared("topic", *u.Topic))
		p.Topic = *u.Topic
	}
	if u.Purpose != nil && *u.Purpose != p.Purpose {
		said = append(said, setOrCleared("purpose", *u.Purpose))
		p.Purpose = *u.Purpose
	}
	if u.Kind != nil && *u.Kind != p.Kind {
		if p.required {
			return nil, errRequired.At("/kind")
		}
		said = append(said, "made the channel "+string(*u.Kind))
		p.Kind = *u.Kind
		p.autoJoin = p.autoJoin && p.Kind == contracts.KindPublic
	}
	return said, nil
}

func setOrCleared(what, text string) string {
	if text == "" {
		return "cleared the " + what
	}
	return "set the " + what + " to: " + text
}

// payload renders a channel for an event of the given scope. Members at large get
// of a private channel only that it is private: an event from the time when it was
// public may be replayed after it was renamed in private.
func payload(c contracts.Channel, scope string) (json.RawMessage, error) {
	c.Joined = false
	if scope == contracts.ScopeMembers && c.Kind == contracts.KindPrivate {
		c = contracts.Channel{ID: c.ID, Kind: c.Kind, Archived: c.Archived, CreatedAt: c.CreatedAt}
	}
	data, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("encode channel: %w", err)
	}
	return data, nil
}

// described is what an audit log keeps of a channel.
func described(c contracts.Channel) map[string]any {
	return map[string]any{"name": c.Name, "kind": c.Kind, "topic": c.Topic, "purpose": c.Purpose}
}
