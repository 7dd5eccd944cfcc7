package auth

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// Apply takes note of an event of the log, in log order: a revoked session or token
// and a changed or suspended user are forgotten, so the next Authenticate asks the
// database; changed settings may demand a second factor, so all are looked up anew.
// Events that this process wrote are applied without it; whoever follows
// the log calls it for those of other processes. Applying twice does no harm.
func (s *Service) Apply(ev contracts.Event) {
	switch ev.Type {
	case contracts.EventSessionRevoked, contracts.EventTokenRevoked:
		s.verified.drop(ev.Scope) // the user whose it was
	case contracts.EventUserUpdated, contracts.EventUserSuspended, contracts.EventUserRestored:
		s.verified.drop(ev.Subject)
		s.refs.drop(ev.Subject)
	case contracts.EventSettingsChanged: // a role may owe a second factor now
		s.verified.clear()
	case contracts.EventKeyRotated:
		s.keys.expire()
		s.verified.clear()
	}
}

// userEvent is an event about a user as everybody may see him.
func userEvent(typ, actor string, u contracts.User) *contracts.Event {
	return &contracts.Event{Type: typ, Scope: contracts.ScopeMembers, Actor: actor, Subject: u.ID, Data: encode(u.Public())}
}

// revokedEvent tells a user that a session or token of theirs is gone.
func revokedEvent(typ, actor, user, id string) *contracts.Event {
	return &contracts.Event{Type: typ, Scope: user, Actor: actor, Subject: id, Data: encode(idOnly{id})}
}

type idOnly struct {
	ID string `json:"id"`
}

func encode(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic("auth: encode event: " + err.Error()) // structs of strings and times
	}
	return b
}

// Payload fills in the Data of user, session and token events that have none, from
// the rows as they are now, in one query. Other events are left alone.
func (s *Service) Payload(ctx context.Context, q eventlog.Querier, events []*contracts.Event) error {
	var missing []string
	for _, ev := range events {
		if ev.Data != nil {
			continue
		}
		switch kind, _, _ := strings.Cut(ev.Type, "."); {
		case kind == "user":
			missing = append(missing, ev.Subject)
		case kind == "session" || kind == "token":
			ev.Data = encode(idOnly{ev.Subject})
		case ev.Type == contracts.EventKeyRotated:
			ev.Data = json.RawMessage(`{}`)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	users, err := s.usersByID(ctx, q, missing)
	if err != nil {
		return fmt.Errorf("render user events: %w", err)
	}
	for _, ev := range events {
		if ev.Data == nil && strings.HasPrefix(ev.Type, "user.") {
			if u, ok := users[ev.Subject]; ok {
				ev.Data = encode(u.Public())
			} else {
				ev.Data = encode(idOnly{ev.Subject})
			}
		}
	}
	return nil
}

// usersByID reads users, whole, in few statement sizes.
func (s *Service) usersByID(ctx context.Context, q eventlog.Querier, ids []string) (map[string]contracts.User, error) {
	found := map[string]contracts.User{}
	err := sqldb.EachIn(ctx, q, `SELECT `+userColumns+` FROM users WHERE id`, nil, ids, func(scan sqldb.Scan) error {
		u, err := s.scanUser(scan)
		found[u.ID] = u
		return err
	})
	return found, err
}

func appendEvents(ctx context.Context, tx *sql.Tx, events ...*contracts.Event) error {
	return eventlog.Append(ctx, tx, events...)
}
