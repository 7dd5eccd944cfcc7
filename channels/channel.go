package channels

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// Channel returns a channel that the actor may know of; [contracts.ErrNotFound]
// for every other.
func (s *Service) Channel(ctx context.Context, actor contracts.Actor, id string) (contracts.Channel, error) {
	if !actor.Can(contracts.PermReadChannels) {
		return contracts.Channel{}, forbidden(contracts.PermReadChannels)
	}
	p, err := see(ctx, s.db.Read, actor, id)
	if err != nil {
		return contracts.Channel{}, err
	}
	return s.withPosition(ctx, s.db.Read, p)
}

// ByName is [Service.Channel] by name, in any spelling that [CleanName] accepts.
func (s *Service) ByName(ctx context.Context, actor contracts.Actor, name string) (contracts.Channel, error) {
	if !actor.Can(contracts.PermReadChannels) {
		return contracts.Channel{}, forbidden(contracts.PermReadChannels)
	}
	clean, err := CleanName(name)
	if err != nil {
		return contracts.Channel{}, errNotFound // no channel has such a name
	}
	var id string
	err = s.db.Read.QueryRowContext(ctx, `SELECT id FROM channels WHERE name = $1`, clean).Scan(&id)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return contracts.Channel{}, errNotFound
	case err != nil:
		return contracts.Channel{}, fmt.Errorf("read channel by name: %w", err)
	}
	return s.Channel(ctx, actor, id)
}

// Role returns the actor's role in a channel that they may know of, "" when they
// are not a member.
func (s *Service) Role(ctx context.Context, actor contracts.Actor, id string) (contracts.Role, error) {
	if !actor.Can(contracts.PermReadChannels) {
		return "", forbidden(contracts.PermReadChannels)
	}
	p, err := see(ctx, s.db.Read, actor, id)
	return p.role, err
}

// ChannelsRequest asks for a page of channels, ordered by name.
type ChannelsRequest struct {
	contracts.PageRequest
	Query    string // part of the name; "" is every name
	Archived *bool  // nil is live and archived ones
	Joined   *bool  // nil is one's own and others
	// All includes private channels that the actor is not in; it needs
	// [contracts.PermManageChannels].
	All bool
}

// Channels returns the channels that the actor may find: public ones, and private
// ones that they are in. Guests find only those that they are in.
func (s *Service) Channels(ctx context.Context, actor contracts.Actor, req ChannelsRequest) (contracts.Page[contracts.Channel], error) {
	var none contracts.Page[contracts.Channel]
	switch {
	case !actor.Can(contracts.PermReadChannels):
		return none, forbidden(contracts.PermReadChannels)
	case req.All && !actor.Can(contracts.PermManageChannels):
		return none, forbidden(contracts.PermManageChannels)
	}
	limit, err := req.Check()
	if err != nil {
		return none, err
	}
	query, args, err := req.sql(actor)
	if err != nil {
		return none, err
	}
	list, err := sqldb.List(ctx, s.db.Read, scanChannel, query+fmt.Sprintf(` ORDER BY c.name LIMIT %d`, limit+1), args...)
	if err != nil {
		return none, fmt.Errorf("list channels: %w", err)
	}
	page := contracts.NewPage(list, limit, func(c contracts.Channel) string { return contracts.EncodeCursor(c.Name) })
	return page, s.positions(ctx, s.db.Read, page.Data)
}

// sql returns the query up to its ORDER BY.
func (req ChannelsRequest) sql(actor contracts.Actor) (string, []any, error) {
	args := []any{actor.UserID}
	bind := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", len(args))
	}
	where := []string{"1 = 1"}
	switch {
	case req.All, actor.Operator:
	case browses(actor):
		where = append(where, `(c.kind = 'public' OR m.role IS NOT NULL)`)
	default:
		where = append(where, `m.role IS NOT NULL`)
	}
	if req.Query != "" {
		if !utf8.ValidString(req.Query) || strings.ContainsRune(req.Query, 0) {
			return "", nil, contracts.Invalid("/query", "the query is not valid text")
		}
		if len(req.Query) > 16*MaxName {
			return "", nil, contracts.Invalid("/query", "the query is too long: at most 80 characters")
		}
		part := norm.NFC.String(strings.ToLower(norm.NFC.String(strings.TrimPrefix(strings.TrimSpace(req.Query), "#"))))
		where = append(where, `c.name LIKE `+bind("%"+likeEscaper.Replace(part)+"%")+` ESCAPE '\'`)
	}
	if req.Archived != nil {
		where = append(where, map[bool]string{true: `c.archived_at IS NOT NULL`, false: `c.archived_at IS NULL`}[*req.Archived])
	}
	if req.Joined != nil {
		where = append(where, map[bool]string{true: `m.role IS NOT NULL`, false: `m.role IS NULL`}[*req.Joined])
	}
	if req.After != "" {
		var name string
		if err := contracts.DecodeCursor(req.After, &name); err != nil {
			return "", nil, err
		}
		name = strings.ReplaceAll(name, "\x00", "") // a cursor that nobody gave out
		where = append(where, `c.name > `+bind(name))
	}
	return `SELECT ` + placeColumns + fromPlaces + `WHERE ` + strings.Join(where, ` AND `), args, nil
}

var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// withPosition returns the channel with the position of its newest message.
func (s *Service) withPosition(ctx context.Context, q eventlog.Querier, p place) (contracts.Channel, error) {
	one := []contracts.Channel{p.Channel}
	err := s.positions(ctx, q, one)
	return one[0], err
}

// positions fills in LastPosition.
func (s *Service) positions(ctx context.Context, q eventlog.Querier, list []contracts.Channel) error {
	if len(list) == 0 {
		return nil
	}
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	last, err := s.timeline.LastPositions(ctx, q, ids)
	if err != nil {
		return fmt.Errorf("read last positions: %w", err)
	}
	for i := range list {
		list[i].LastPosition = last[list[i].ID]
	}
	return nil
}
