package channels

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// errNotFound is the one answer for what is missing and for what is hidden.
var errNotFound = contracts.ErrNotFound.With("no such channel")

// errRequired answers what would take everybody's channel from somebody.
var errRequired = contracts.ErrConflict.With("this is everybody's channel: it cannot be left, archived or made private")

// place is a channel as one actor meets it.
type place struct {
	contracts.Channel
	autoJoin bool
	required bool
	role     contracts.Role // the actor's in the channel, "" when not a member
}

const placeColumns = `c.id, c.name, c.kind, c.topic, c.purpose, c.archived_at, c.member_count, c.created_by, c.created_at,
	c.auto_join, c.required, COALESCE(m.role, '')`

// fromPlaces joins each channel with the membership of the user bound as $1.
const fromPlaces = ` FROM channels c LEFT JOIN channel_members m ON m.channel_id = c.id AND m.user_id = $1 `

func scanPlace(scan sqldb.Scan) (place, error) {
	var p place
	var archived sql.NullInt64
	var created int64
	err := scan(&p.ID, &p.Name, &p.Kind, &p.Topic, &p.Purpose, &archived, &p.MemberCount, &p.CreatedBy, &created,
		&p.autoJoin, &p.required, &p.role)
	p.Archived, p.CreatedAt, p.Joined = archived.Valid, time.UnixMilli(created).UTC(), p.role != ""
	return p, err
}

func scanChannel(scan sqldb.Scan) (contracts.Channel, error) {
	p, err := scanPlace(scan)
	return p.Channel, err
}

// find reads a channel whether or not the actor may know of it.
func find(ctx context.Context, q eventlog.Querier, actor contracts.Actor, id string) (place, error) {
	if !contracts.ValidID(contracts.PrefixConversation, id) {
		return place{}, errNotFound
	}
	p, err := scanPlace(q.QueryRowContext(ctx, `SELECT `+placeColumns+fromPlaces+`WHERE c.id = $2`, actor.UserID, id).Scan)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return place{}, errNotFound
	case err != nil:
		return place{}, fmt.Errorf("read channel: %w", err)
	}
	return p, nil
}

// see reads a channel that the actor may know of.
func see(ctx context.Context, q eventlog.Querier, actor contracts.Actor, id string) (place, error) {
	p, err := find(ctx, q, actor, id)
	if err == nil && !p.visible(actor) {
		return place{}, errNotFound
	}
	return p, err
}

// visible: one's own channels, public ones but for guests, and all for whoever
// manages channels.
func (p place) visible(actor contracts.Actor) bool {
	return p.role != "" || p.Kind == contracts.KindPublic && browses(actor) || actor.Can(contracts.PermManageChannels)
}

// browses tells whether the actor may find public channels.
func browses(actor contracts.Actor) bool {
	return actor.Operator || actor.Role.Above(contracts.RoleGuest)
}

// owns: by the role in the channel. Guests have no power through it.
func (p place) owns(actor contracts.Actor) bool {
	return p.role == contracts.ChannelOwner && browses(actor) && actor.InScope(contracts.PermManageChannels)
}

// manages tells whether the actor may change the channel, and whether that is by
// the power of the workspace instead of a role in the channel.
func (p place) manages(actor contracts.Actor) (may, power bool) {
	if p.owns(actor) {
		return true, false
	}
	power = actor.Can(contracts.PermManageChannels)
	return power, power
}

// moderates: by the role in the channel.
func (p place) moderates(actor contracts.Actor) bool {
	return (p.role == contracts.ChannelOwner || p.role == contracts.ChannelModerator) && browses(actor) && actor.InScope(contracts.PermModerate)
}

// allows tells whether an actor's token and account allow p at all, in a channel
// where a role may grant it. It is the first question of a method; the role in
// the channel is the second.
func allows(actor contracts.Actor, p contracts.Permission) bool {
	return actor.Operator || contracts.ValidRole(actor.Role) && actor.InScope(p)
}

// forbidden says which permission an actor lacks.
func forbidden(p contracts.Permission) error {
	return contracts.ErrForbidden.With("not allowed: " + string(p) + " is needed")
}

// errGoverned answers members who may see the channel but not change it.
var errGoverned = contracts.ErrForbidden.With("only an owner of the channel or an administrator may do this")
