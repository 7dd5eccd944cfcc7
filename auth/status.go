package auth

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/rivo/uniseg"

	"github.com/dankerchat/dankerchat/contracts"
)

// Limits of a status.
const (
	MaxStatusText = 100 // characters
	MaxStatusLife = 366 * 24 * time.Hour
)

// SetStatus says what a user is doing, until ExpiresAt or until it is cleared: one's
// own status, or with [contracts.PermManageUsers] that of a user with a lesser role.
// An API token needs the scope "*". A status that has expired is not there for
// whoever reads the user; nothing is written at that moment, and no event tells it.
//
// Errors: [contracts.ErrInvalid] with the field at fault, [contracts.ErrForbidden],
// [contracts.ErrNotFound].
func (s *Service) SetStatus(ctx context.Context, actor contracts.Actor, id string, status contracts.UserStatus) (contracts.User, error) {
	status, err := s.cleanStatus(status)
	if err != nil {
		return contracts.User{}, err
	}
	return s.putStatus(ctx, actor, id, &status)
}

// ClearStatus takes a status away. Rights and errors as of [Service.SetStatus];
// repeating it does nothing.
func (s *Service) ClearStatus(ctx context.Context, actor contracts.Actor, id string) (contracts.User, error) {
	return s.putStatus(ctx, actor, id, nil)
}

func (s *Service) putStatus(ctx context.Context, actor contracts.Actor, id string, status *contracts.UserStatus) (contracts.User, error) {
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (contracts.User, error) {
		u, err := s.target(ctx, tx, actor, id)
		if err != nil {
			return u, err
		}
		if status == nil && u.Status == nil {
			return u, nil
		}
		u.Status = status
		var row contracts.UserStatus
		var until *int64
		if status != nil {
			row = *status
		}
		if row.ExpiresAt != nil {
			until = new(row.ExpiresAt.UnixMilli())
		}
		_, err = tx.ExecContext(ctx, `UPDATE users SET status_emoji = $1, status_text = $2, status_until = $3 WHERE id = $4`, row.Emoji, row.Text, until, id)
		if err != nil {
			return u, fmt.Errorf("update status: %w", err)
		}
		return u, appendEvents(ctx, tx, userEvent(contracts.EventUserUpdated, actor.UserID, u))
	})
}

func (s *Service) cleanStatus(status contracts.UserStatus) (contracts.UserStatus, error) {
	var f faults
	text, bad := cleanLine("/text", "status", status.Text, MaxStatusText)
	f.add(bad)
	status.Text = text
	if status.Emoji != "" && !isEmoji(status.Emoji) {
		f.add(contracts.Invalid("/emoji", "not one emoji"))
	}
	if bad == nil && text == "" && status.Emoji == "" {
		f.add(contracts.Invalid("/text", "the status is empty").WithHint("Give a text or an emoji, or clear the status."))
	}
	if status.ExpiresAt != nil {
		at, now := status.ExpiresAt.UTC().Truncate(time.Millisecond), s.now()
		if !at.After(now) || at.Sub(now) > MaxStatusLife {
			f.add(contracts.Invalid("/expires_at", "a status expires in the future, within a year"))
		}
		status.ExpiresAt = &at
	}
	return status, f.err()
}

// isEmoji reports whether s is one picture: a symbol, a flag or a keycap with what
// modifies it, in one grapheme cluster (UAX #29).
func isEmoji(s string) bool {
	if len(s) > 64 || uniseg.GraphemeClusterCount(s) != 1 {
		return false
	}
	picture := false
	for _, r := range s {
		switch {
		case unicode.Is(unicode.So, r), r == '\u20e3':
			picture = true
		case r == '\u200d', r == '\ufe0f', r >= 0xE0020 && r <= 0xE007F, unicode.Is(unicode.Sk, r), strings.ContainsRune("0123456789#*", r):
		default:
			return false
		}
	}
	return picture
}

// statusAt is a stored status, or nil when there is none at this moment.
func statusAt(now time.Time, emoji, text string, until *int64) *contracts.UserStatus {
	if emoji == "" && text == "" || until != nil && *until <= now.UnixMilli() {
		return nil
	}
	return &contracts.UserStatus{Emoji: emoji, Text: text, ExpiresAt: fromMillisPtr(until)}
}
