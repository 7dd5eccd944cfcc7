package messaging

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

var errMuteSelf = contracts.Invalid("/user_id", "nobody can mute or block themselves")

// MuteUser mutes or blocks somebody for the actor, or changes from one to the other.
// Messages of a muted user are neither unread nor mentions for the actor, and his typing
// is not shown to him. Between an actor and a user whom he blocks no direct message can
// be written besides, by either; what was written stays readable, and groups and
// channels stay as they are. Only the actor's own connections hear of it. It repeats
// safely; nothing is lost by it, so that [Service.UnmuteUser] brings everything back.
//
// Errors: [contracts.ErrInvalid] for an unknown level or oneself;
// [contracts.ErrNotFound] for an unknown user; [contracts.ErrConflict] over
// [contracts.MaxMutedUsers].
func (s *Service) MuteUser(ctx context.Context, actor contracts.Actor, user string, level contracts.MuteLevel) (contracts.MutedUser, error) {
	if err := mayWrite(actor); err != nil {
		return contracts.MutedUser{}, err
	}
	if err := level.Validate(); err != nil {
		return contracts.MutedUser{}, err
	}
	if user == actor.UserID {
		return contracts.MutedUser{}, errMuteSelf
	}
	known, err := s.people.Refs(ctx, []string{user})
	if err != nil {
		return contracts.MutedUser{}, fmt.Errorf("look up user: %w", err)
	}
	ref, ok := known[user]
	if !ok {
		return contracts.MutedUser{}, contracts.ErrNotFound.With("there is no such user")
	}
	var out contracts.MutedUser
	err = s.write(ctx, "mute user", func(ctx context.Context, tx *sql.Tx) error {
		m, found, err := mutedUser(ctx, tx, actor.UserID, user)
		if err != nil {
			return err
		}
		m.User = ref
		if found && m.Level == level {
			out = m
			return nil
		}
		if err := roomToMute(ctx, tx, actor.UserID, found); err != nil {
			return err
		}
		now := s.now()
		m.Level, m.Since = level, at(now)
		states, err := recounted(ctx, tx, actor.UserID, func() error {
			_, err := tx.ExecContext(ctx, `INSERT INTO muted_users (user_id, muted_id, blocked, at) VALUES ($1, $2, $3, $4)
				ON CONFLICT (user_id, muted_id) DO UPDATE SET blocked = excluded.blocked, at = excluded.at`, actor.UserID, user, level == contracts.LevelBlocked, now)
			return err
		})
		if err != nil {
			return fmt.Errorf("insert muted user: %w", err)
		}
		if err := appendMuted(ctx, tx, actor.UserID, user, &m, states); err != nil {
			return err
		}
		out = m
		return shut(ctx, tx, actor.UserID, user)
	})
	return out, err
}

// UnmuteUser takes back what [Service.MuteUser] did; messages are unread and mentions
// again as if they had always been. It repeats safely.
func (s *Service) UnmuteUser(ctx context.Context, actor contracts.Actor, user string) error {
	if err := mayWrite(actor); err != nil {
		return err
	}
	return s.write(ctx, "unmute user", func(ctx context.Context, tx *sql.Tx) error {
		return unmute(ctx, tx, actor.UserID, user)
	})
}

func unmute(ctx context.Context, tx *sql.Tx, user, muted string) error {
	if _, found, err := mutedUser(ctx, tx, user, muted); err != nil || !found {
		return err
	}
	states, err := recounted(ctx, tx, user, func() error {
		_, err := tx.ExecContext(ctx, `DELETE FROM muted_users WHERE user_id = $1 AND muted_id = $2`, user, muted)
		return err
	})
	if err != nil {
		return fmt.Errorf("delete muted user: %w", err)
	}
	if err := appendMuted(ctx, tx, user, muted, nil, states); err != nil {
		return err
	}
	return shut(ctx, tx, user, muted)
}

// ForgetMutedTx takes a user out of all lists of muted people, his own with it, when his
// account goes for good. Those who had muted him hear of it.
func (s *Service) ForgetMutedTx(ctx context.Context, tx *sql.Tx, user string) error {
	own, err := column(ctx, tx, `DELETE FROM muted_users WHERE user_id = $1 RETURNING muted_id`, user)
	if err != nil {
		return fmt.Errorf("delete muted users: %w", err)
	}
	if err := open(ctx, tx, user, own); err != nil {
		return err
	}
	others, err := column(ctx, tx, `SELECT user_id FROM muted_users WHERE muted_id = $1 ORDER BY user_id`, user)
	if err != nil {
		return fmt.Errorf("read who muted a user: %w", err)
	}
	for _, other := range others {
		if err := unmute(ctx, tx, other, user); err != nil {
			return err
		}
	}
	return nil
}

// MutedUsers returns whom the actor has muted or blocked, the latest first.
func (s *Service) MutedUsers(ctx context.Context, actor contracts.Actor) ([]contracts.MutedUser, error) {
	if err := errors.Join(mayRead(actor), mayAct(actor)); err != nil {
		return nil, err
	}
	return s.MutedUsersOf(ctx, s.db.Read, actor.UserID)
}

// MutedUsersOf is [Service.MutedUsers] of a user, as of q: with the transaction of a
// [sqldb.DB.Snapshot] it is the state at that head.
func (s *Service) MutedUsersOf(ctx context.Context, q eventlog.Querier, user string) ([]contracts.MutedUser, error) {
	out := []contracts.MutedUser{}
	var ids []string
	err := sqldb.Each(ctx, q, `SELECT muted_id, blocked, at FROM muted_users WHERE user_id = $1 ORDER BY at DESC, muted_id`, []any{user}, func(scan sqldb.Scan) error {
		m, err := scanMuted(scan)
		out = append(out, m)
		ids = append(ids, m.User.ID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read muted users: %w", err)
	}
	ref, err := s.refs(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i].User = ref(out[i].User.ID)
	}
	return out, nil
}

func scanMuted(scan sqldb.Scan) (contracts.MutedUser, error) {
	m := contracts.MutedUser{Level: contracts.LevelMuted}
	var blocked bool
	var since int64
	err := scan(&m.User.ID, &blocked, &since)
	if blocked {
		m.Level = contracts.LevelBlocked
	}
	m.Since = at(since)
	return m, err
}

// mutedUser reads one entry of a user's list; of whom it is about it knows the id alone.
func mutedUser(ctx context.Context, q eventlog.Querier, user, muted string) (contracts.MutedUser, bool, error) {
	m, err := scanMuted(q.QueryRowContext(ctx, `SELECT muted_id, blocked, at FROM muted_users WHERE user_id = $1 AND muted_id = $2`, user, muted).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return contracts.MutedUser{}, false, nil
	}
	if err != nil {
		return m, false, fmt.Errorf("read muted user: %w", err)
	}
	return m, true, nil
}

func roomToMute(ctx context.Context, tx *sql.Tx, user string, listed bool) error {
	var n int
	if listed {
		return nil
	}
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM muted_users WHERE user_id = $1`, user).Scan(&n); err != nil {
		return fmt.Errorf("count muted users: %w", err)
	}
	if n >= contracts.MaxMutedUsers {
		return contracts.ErrConflict.With(fmt.Sprintf("at most %d people can be muted or blocked", contracts.MaxMutedUsers)).WithHint("Unmute somebody first.")
	}
	return nil
}

// recounted returns those of a user's read states that change makes others.
func recounted(ctx context.Context, tx *sql.Tx, user string, change func() error) ([]contracts.ReadState, error) {
	before, err := behind(ctx, tx, user)
	if err != nil {
		return nil, err
	}
	if err := change(); err != nil {
		return nil, err
	}
	now, err := behind(ctx, tx, user)
	if err != nil {
		return nil, err
	}
	// What is muted moves no position: the same conversations, in the same order.
	return slices.DeleteFunc(now, func(st contracts.ReadState) bool { return slices.Contains(before, st) }), nil
}

// mutedRefs are the references of a muted_user.updated.
type mutedRefs struct {
	Level         contracts.MuteLevel `json:"level,omitempty"` // "" when nothing is muted any more
	Conversations []string            `json:"conversations,omitempty"`
}

// follow keeps a set of muted users true over a muted_user.updated.
func follow(muted map[string]bool, ev *contracts.Event) {
	var refs mutedRefs
	switch err := json.Unmarshal([]byte(ev.Refs), &refs); {
	case err != nil: // not understood: as it was
	case refs.Level == "":
		delete(muted, ev.Subject)
	default:
		muted[ev.Subject] = true
	}
}

func appendMuted(ctx context.Context, tx *sql.Tx, user, muted string, now *contracts.MutedUser, states []contracts.ReadState) error {
	refs := mutedRefs{}
	if now != nil {
		refs.Level = now.Level
	}
	for _, st := range states {
		refs.Conversations = append(refs.Conversations, st.ConversationID)
	}
	r, err := json.Marshal(refs)
	if err != nil {
		return fmt.Errorf("encode muted user: %w", err)
	}
	data, err := json.Marshal(contracts.MutedUserChange{UserID: muted, MutedUser: now, ReadStates: states})
	if err != nil {
		return fmt.Errorf("encode muted user: %w", err)
	}
	return eventlog.Append(ctx, tx, &contracts.Event{Type: contracts.EventMutedUserUpdated, Scope: user, Actor: user, Subject: muted, Refs: string(r), Data: data})
}

// mutedPayload is the entry as it is now, with the read states that the change concerned.
func (s *Service) mutedPayload(ctx context.Context, q eventlog.Querier, ev *contracts.Event, ref func(string) contracts.UserRef) (json.RawMessage, error) {
	var refs mutedRefs
	if err := json.Unmarshal([]byte(ev.Refs), &refs); err != nil {
		return nil, err
	}
	change := contracts.MutedUserChange{UserID: ev.Subject, ReadStates: []contracts.ReadState{}}
	m, found, err := mutedUser(ctx, q, ev.Scope, ev.Subject)
	if err != nil {
		return nil, err
	}
	if found {
		m.User = ref(ev.Subject)
		change.MutedUser = &m
	}
	for _, id := range refs.Conversations {
		st, err := readState(ctx, q, ev.Scope, id)
		if errors.Is(err, contracts.ErrNotFound) {
			continue // he has left
		}
		if err != nil {
			return nil, err
		}
		change.ReadStates = append(change.ReadStates, st)
	}
	return json.Marshal(change)
}
