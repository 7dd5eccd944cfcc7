package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// LoginLimits are how many failed logins are let through to the password check. The
// zero value is the default. Counts are kept in the database, so they hold across
// instances and restarts; a successful login gives its own back.
type LoginLimits struct {
	PerAccount    int           // for one account from one address; default 5
	AccountWindow time.Duration // default 15 minutes
	PerIP         int           // from one address, whatever the account; default 20
	IPWindow      time.Duration // default 1 minute
}

func (l *LoginLimits) fill() {
	setDefault(&l.PerAccount, 5)
	setDefault(&l.AccountWindow, 15*time.Minute)
	setDefault(&l.PerIP, 20)
	setDefault(&l.IPWindow, time.Minute)
}

// counted is one thing that attempts are counted by.
type counted struct {
	id     string
	max    int
	window time.Duration
}

// attempts are the counters of a login: the account with the address, so that
// nobody can lock another out from elsewhere, and the address alone against trying
// one password on many accounts. An IPv6 address counts as its /64. Without an
// address, as on the command line, only the account counts.
func (s *Service) attempts(account, ip string) []counted {
	ip = Network(ip)
	c := []counted{{digest("account\x00" + account + "\x00" + ip), s.cfg.Logins.PerAccount, s.cfg.Logins.AccountWindow}}
	if ip != "" {
		c = append(c, counted{digest("ip\x00" + ip), s.cfg.Logins.PerIP, s.cfg.Logins.IPWindow})
	}
	return c
}

// Network is what an address is counted by: itself, or of IPv6 the /64 that it is in, since
// whoever has one address there has them all. What is no address stays what it is.
func Network(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return ip
	}
	if addr = addr.Unmap().WithZone(""); addr.Is6() {
		if p, err := addr.Prefix(64); err == nil {
			return p.String()
		}
	}
	return addr.String()
}

// reserve counts an attempt before the password is looked at, so that many at once
// cannot all pass. What is refused is refused by a read and writes nothing.
func (s *Service) reserve(ctx context.Context, counters []counted) error {
	now := s.now().UnixMilli()
	for _, c := range counters {
		var count int
		var reset int64
		err := s.db.Read.QueryRowContext(ctx, `SELECT count, reset_at FROM login_attempts WHERE id = $1`, c.id).Scan(&count, &reset)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("read login attempts: %w", err)
		}
		if err == nil && reset > now && count >= c.max {
			return throttled(seconds(reset - now))
		}
	}
	return s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM login_attempts WHERE reset_at <= $1`, now); err != nil {
			return fmt.Errorf("delete old login attempts: %w", err)
		}
		for _, c := range counters {
			wait, err := s.count(ctx, tx, c)
			if err != nil {
				return err
			}
			if wait > 0 {
				return throttled(wait) // rolls the counting back: it was no attempt
			}
		}
		return nil
	})
}

// count counts one thing in the caller's transaction, and returns the seconds to wait
// when it was too often, else 0.
func (s *Service) count(ctx context.Context, tx *sql.Tx, c counted) (wait int, err error) {
	var count int
	var reset int64
	now := s.now().UnixMilli()
	err = tx.QueryRowContext(ctx, `INSERT INTO login_attempts (id, count, reset_at) VALUES ($1, 1, $2)
		ON CONFLICT (id) DO UPDATE SET count = CASE WHEN login_attempts.reset_at <= $3 THEN 1 ELSE login_attempts.count + 1 END,
			reset_at = CASE WHEN login_attempts.reset_at <= $3 THEN excluded.reset_at ELSE login_attempts.reset_at END
		RETURNING count, reset_at`, c.id, now+c.window.Milliseconds(), now).Scan(&count, &reset)
	if err != nil {
		return 0, fmt.Errorf("count attempt: %w", err)
	}
	if count > c.max {
		return seconds(reset - now), nil
	}
	return 0, nil
}

// seconds rounds up.
func seconds(ms int64) int { return int((ms + 999) / 1000) }

// reserveFor is reserve for something else than a login, which message names.
func (s *Service) reserveFor(ctx context.Context, counters []counted, message string) error {
	err := s.reserve(ctx, counters)
	var limited *contracts.Error
	if errors.As(err, &limited) && limited.Code == contracts.CodeRateLimited {
		return contracts.ErrRateLimited.With(message).After(limited.RetryAfter)
	}
	return err
}

func throttled(wait int) error {
	return contracts.ErrRateLimited.With("too many failed logins").WithHint("Wait, or reset the password.").After(wait)
}

// forgive gives a successful login's attempt back.
func forgive(ctx context.Context, tx *sql.Tx, counters []counted) error {
	// The first is the account: the person knows the password.
	if _, err := tx.ExecContext(ctx, `DELETE FROM login_attempts WHERE id = $1`, counters[0].id); err != nil {
		return fmt.Errorf("forgive login attempts: %w", err)
	}
	return giveBack(ctx, tx, counters[1:])
}

// giveBack takes one attempt off each counter.
func giveBack(ctx context.Context, tx *sql.Tx, counters []counted) error {
	for _, c := range counters {
		if _, err := tx.ExecContext(ctx, `UPDATE login_attempts SET count = count - 1 WHERE id = $1 AND count > 0`, c.id); err != nil {
			return fmt.Errorf("give a login attempt back: %w", err)
		}
	}
	return nil
}

// touch writes a counter's row as it is: a commit like others, where nothing is to be kept.
func touch(ctx context.Context, tx *sql.Tx, id string) error {
	if _, err := tx.ExecContext(ctx, `UPDATE login_attempts SET count = count WHERE id = $1`, id); err != nil {
		return fmt.Errorf("touch attempts: %w", err)
	}
	return nil
}
