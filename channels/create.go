package channels

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
)

// NewChannel is what one creates.
type NewChannel struct {
	Name    string                     `json:"name"` // see [CleanName]
	Kind    contracts.ConversationKind `json:"kind"` // "" is public
	Topic   string                     `json:"topic,omitempty"`
	Purpose string                     `json:"purpose,omitempty"`
	Members []string                   `json:"members,omitempty"` // user ids besides the creator, at most [MaxAdd]
	// Default makes it a public channel that new people join by themselves; it needs
	// [contracts.PermManageChannels]. The first one is everybody's channel.
	Default bool `json:"-"`
}

// clean returns the input in the form in which it is stored.
func (n NewChannel) clean() (NewChannel, error) {
	var err error
	if n.Name, err = CleanName(n.Name); err != nil {
		return n, err
	}
	if n.Kind == "" {
		n.Kind = contracts.KindPublic
	}
	if err := checkKind(n.Kind); err != nil {
		return n, err
	}
	if n.Default && n.Kind != contracts.KindPublic {
		return n, contracts.Invalid("/kind", "a default channel is public")
	}
	if n.Topic, err = cleanLine("/topic", "topic", n.Topic, MaxTopic); err != nil {
		return n, err
	}
	if n.Purpose, err = cleanLine("/purpose", "purpose", n.Purpose, MaxPurpose); err != nil {
		return n, err
	}
	if len(n.Members) > MaxAdd {
		return n, contracts.Invalid("/members", "at most 200 members at once").WithHint("Add the others afterwards.")
	}
	return n, nil
}

func checkKind(kind contracts.ConversationKind) error {
	if kind != contracts.KindPublic && kind != contracts.KindPrivate {
		return contracts.Invalid("/kind", `kind is "public" or "private"`)
	}
	return nil
}

// Create makes a channel with the actor as its owner. It needs
// [contracts.PermCreateChannels], which guests have not. Members must be active
// accounts ([contracts.ErrInvalid] at /members/N otherwise). A channel made by the
// operator belongs to the first of Members, or to the first who joins.
//
// [contracts.ErrNameTaken]: a live or archived channel, perhaps a hidden one, has
// this name or one that looks the same. [contracts.ErrConflict]: one of the
// members, or the actor, is in as many channels as one may be.
func (s *Service) Create(ctx context.Context, actor contracts.Actor, n NewChannel) (contracts.Channel, error) {
	if !actor.Can(contracts.PermCreateChannels) {
		return contracts.Channel{}, forbidden(contracts.PermCreateChannels)
	}
	n, err := n.clean()
	if err != nil {
		return contracts.Channel{}, err
	}
	if _, err := s.activePeople(ctx, "/members", n.Members); err != nil {
		return contracts.Channel{}, err
	}
	var channel contracts.Channel
	err = s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		c, err := s.CreateTx(ctx, tx, actor, n)
		channel = c
		return err
	})
	if err == nil {
		s.log.Info().Str("conversation_id", channel.ID).Str("user_id", actor.UserID).Msg("channel created")
	}
	return channel, err
}

// CreateTx is [Service.Create] in the caller's transaction. That the members are
// active accounts is the caller's to know; they may have been made in the same
// transaction.
func (s *Service) CreateTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, n NewChannel) (contracts.Channel, error) {
	var none contracts.Channel
	switch {
	case !actor.Can(contracts.PermCreateChannels):
		return none, forbidden(contracts.PermCreateChannels)
	case n.Default && !actor.Can(contracts.PermManageChannels):
		return none, forbidden(contracts.PermManageChannels)
	}
	n, err := n.clean()
	if err != nil {
		return none, err
	}
	members := distinct(append([]string{actor.UserID}, n.Members...))
	if err := s.roomForChannel(ctx, tx, members); err != nil {
		return none, err
	}
	id := contracts.NewID(contracts.PrefixConversation)
	if err := s.insertChannel(ctx, tx, id, actor, n); err != nil {
		return none, err
	}
	conv := contracts.NewConversation{ID: id, Kind: n.Kind, CreatedBy: actor.UserID, Members: members}
	if err := s.conversations.CreateConversationTx(ctx, tx, conv); err != nil {
		return none, fmt.Errorf("create conversation: %w", err)
	}
	if err := s.insertMembers(ctx, tx, id, members, contracts.ChannelMember); err != nil {
		return none, err
	}
	if len(members) > 0 {
		if err := setRole(ctx, tx, id, members[0], contracts.ChannelOwner); err != nil {
			return none, err
		}
	}
	if actor.UserID == "" && len(members) > 0 { // for others, the conversation said "owner" when they joined
		if err := appendRoleChanged(ctx, tx, id, "", members[0], contracts.ChannelOwner); err != nil {
			return none, err
		}
	}
	if _, err := s.timeline.SystemTx(ctx, tx, id, actor.UserID, "created the channel"); err != nil {
		return none, fmt.Errorf("write system message: %w", err)
	}
	p, err := find(ctx, tx, actor, id)
	if err != nil {
		return none, err
	}
	// Last, so that the members of a private channel take part already and get it.
	return s.announce(ctx, tx, actor, p, contracts.EventChannelCreated)
}

func (s *Service) insertChannel(ctx context.Context, tx *sql.Tx, id string, actor contracts.Actor, n NewChannel) error {
	if err := nameFree(ctx, tx, n.Name, ""); err != nil {
		return err
	}
	required := false
	if n.Default {
		var one int
		err := tx.QueryRowContext(ctx, `SELECT 1 FROM channels WHERE required`).Scan(&one)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("look for everybody's channel: %w", err)
		}
		required = err != nil
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO channels (id, name, look, kind, topic, purpose, auto_join, required, member_count, created_by, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10)`,
		id, n.Name, look(n.Name), string(n.Kind), n.Topic, n.Purpose, n.Default, required, actor.UserID, s.now().UnixMilli())
	if err != nil {
		return fmt.Errorf("insert channel: %w", err)
	}
	return nil
}

// nameFree tells whether no other channel than except has the name or its look.
// Write transactions are serial, so what it finds holds until the commit.
func nameFree(ctx context.Context, q eventlog.Querier, name, except string) error {
	var taken string
	err := q.QueryRowContext(ctx, `SELECT name FROM channels WHERE (look = $1 OR name = $2) AND id <> $3`, look(name), name, except).Scan(&taken)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return fmt.Errorf("look for the name: %w", err)
	case taken == name:
		return contracts.ErrNameTaken.With("there is a channel #" + name + " already, perhaps an archived or a private one").At("/name").WithHint("Choose another name.")
	}
	return contracts.ErrNameTaken.With("#" + name + " looks the same as a channel that exists").At("/name").WithHint("Choose another name.")
}

// announce appends an event about the channel and returns the channel as the actor sees
// it. Of a public channel all members of the workspace are told, with the guests who are
// in it, of a private one those who take part.
func (s *Service) announce(ctx context.Context, tx *sql.Tx, actor contracts.Actor, p place, event string) (contracts.Channel, error) {
	channel, err := s.withPosition(ctx, tx, p)
	if err != nil {
		return channel, err
	}
	scope := p.ID
	if p.Kind == contracts.KindPublic {
		scope = contracts.ScopeMembers
	}
	return channel, tell(ctx, tx, actor, channel, event, scope)
}

// tell appends an event about the channel, with the payload for its scope.
func tell(ctx context.Context, tx *sql.Tx, actor contracts.Actor, c contracts.Channel, event, scope string) error {
	data, err := payload(c, scope)
	if err != nil {
		return err
	}
	ev := &contracts.Event{Type: event, Scope: scope, Actor: actor.UserID, Subject: c.ID, Data: data}
	if err := eventlog.Append(ctx, tx, ev); err != nil {
		return fmt.Errorf("append %s: %w", event, err)
	}
	return nil
}

// distinct leaves out "" and repeats.
func distinct(ids []string) []string {
	var list []string
	for _, id := range ids {
		if id != "" && !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	return list
}
