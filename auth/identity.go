package auth

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

const (
	maxIdentities    = 20 // of a user
	maxIdentityLabel = 128
)

// storedIdentity is a row of identities.
type storedIdentity struct {
	contracts.Identity
	issuer string
}

const identityColumns = `id, user_id, provider, issuer, subject, label, created_at, last_used_at`

func scanIdentity(scan sqldb.Scan) (i storedIdentity, err error) {
	var created int64
	var used *int64
	err = scan(&i.ID, &i.UserID, &i.Provider, &i.issuer, &i.Subject, &i.Label, &created, &used)
	i.CreatedAt, i.LastUsedAt = fromMillis(created), fromMillisPtr(used)
	return i, err
}

var errNoIdentity = contracts.ErrNotFound.With("no such linked account")

func oneIdentity(ctx context.Context, q eventlog.Querier, where string, args ...any) (storedIdentity, error) {
	i, err := scanIdentity(q.QueryRowContext(ctx, `SELECT `+identityColumns+` FROM identities WHERE `+where, args...).Scan)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return i, errNoIdentity
	case err != nil:
		return i, fmt.Errorf("read linked account: %w", err)
	}
	return i, nil
}

func findIdentity(ctx context.Context, q eventlog.Querier, provider, subject string) (storedIdentity, error) {
	return oneIdentity(ctx, q, `provider = $1 AND subject = $2`, provider, subject)
}

// Identities lists the accounts at identity providers that sign a user in, the oldest
// first: one's own but by an API token, or with [contracts.PermManageUsers] anybody's.
func (s *Service) Identities(ctx context.Context, actor contracts.Actor, userID string) ([]contracts.Identity, error) {
	own := actor.UserID == userID && actor.TokenID == "" && actor.Owes == ""
	if !own && !actor.Can(contracts.PermManageUsers) {
		return nil, contracts.ErrForbidden
	}
	list := []contracts.Identity{}
	err := sqldb.Each(ctx, s.db.Read, `SELECT `+identityColumns+` FROM identities WHERE user_id = $1 ORDER BY created_at, id`, []any{userID}, func(scan sqldb.Scan) error {
		i, err := scanIdentity(scan)
		list = append(list, i.Identity)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list linked accounts: %w", err)
	}
	return list, nil
}

// insertIdentity adds the identity of an answer to done.User.
func (s *Service) insertIdentity(ctx context.Context, tx *sql.Tx, p PreparedOIDC, done *OIDCDone) error {
	if done.User.Bot {
		return contracts.ErrForbidden.With("a bot does not sign in").WithHint("Make an API token for it.")
	}
	done.Identity = contracts.Identity{
		ID: contracts.NewID(contracts.PrefixIdentity), UserID: done.User.ID, Provider: p.provider.Name, Subject: p.claims.Subject, CreatedAt: done.now,
	}
	return putIdentity(ctx, tx, storedIdentity{done.Identity, p.provider.Issuer})
}

func putIdentity(ctx context.Context, tx *sql.Tx, i storedIdentity) error {
	var n int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM identities WHERE user_id = $1`, i.UserID).Scan(&n); err != nil {
		return fmt.Errorf("count linked accounts: %w", err)
	}
	if n >= maxIdentities {
		return contracts.ErrConflict.With(fmt.Sprintf("a user has at most %d linked accounts", maxIdentities)).WithHint("Remove one first.")
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO identities (id, user_id, provider, issuer, subject, label, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		i.ID, i.UserID, i.Provider, i.issuer, i.Subject, i.Label, i.CreatedAt.UnixMilli())
	if err != nil {
		return fmt.Errorf("insert linked account: %w", err)
	}
	return nil
}

// useIdentity notes what the provider calls the account now, and that it was used.
func useIdentity(ctx context.Context, tx *sql.Tx, i *contracts.Identity, p PreparedOIDC, now time.Time) error {
	for _, name := range []string{p.claims.Email, p.claims.PreferredUsername, p.claims.Name} {
		if name = cleanLabel(name, maxIdentityLabel); name != "" {
			i.Label = name
			break
		}
	}
	i.LastUsedAt = &now
	_, err := tx.ExecContext(ctx, `UPDATE identities SET issuer = $1, label = $2, last_used_at = $3 WHERE id = $4`, p.provider.Issuer, i.Label, now.UnixMilli(), i.ID)
	if err != nil {
		return fmt.Errorf("note the use of a linked account: %w", err)
	}
	return nil
}

// NewIdentity is an account at a provider that an operator links with a user.
type NewIdentity struct {
	UserID   string
	Provider string
	Subject  string // sub of the provider's tokens
	Label    string
}

// LinkIdentity links an account with a user by the operator's word. People do it
// themselves by [Service.StartOIDC].
//
// Errors: [contracts.ErrForbidden] for anybody else, [contracts.ErrNotFound],
// [contracts.ErrInvalid] with the field, [contracts.ErrConflict] when it is linked
// already or the user is a bot.
func (s *Service) LinkIdentity(ctx context.Context, actor contracts.Actor, in NewIdentity) (contracts.Identity, error) {
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (contracts.Identity, error) {
		return s.LinkIdentityTx(ctx, tx, actor, in)
	})
}

// LinkIdentityTx is [Service.LinkIdentity] in the caller's transaction.
func (s *Service) LinkIdentityTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, in NewIdentity) (contracts.Identity, error) {
	none := contracts.Identity{}
	switch {
	case !actor.Operator:
		return none, contracts.ErrForbidden.With("only the operator links somebody's accounts")
	case !validProviderName(in.Provider):
		return none, contracts.Invalid("/provider", "a provider's name has 1–32 letters a–z, digits and hyphens")
	case in.Subject == "" || len(in.Subject) > maxSubject || cleanLabel(in.Subject, maxSubject) != in.Subject:
		return none, contracts.Invalid("/subject", "a subject has 1–255 visible characters")
	}
	user, err := s.fullUser(ctx, tx, in.UserID)
	switch {
	case err != nil:
		return none, err
	case user.Bot:
		return none, contracts.ErrConflict.With("a bot does not sign in").WithHint("Make an API token for it.")
	}
	switch known, err := findIdentity(ctx, tx, in.Provider, in.Subject); {
	case err == nil && known.UserID == user.ID:
		return none, contracts.ErrConflict.With("the account is linked already").At("/subject")
	case err == nil:
		return none, contracts.ErrConflict.With("the account signs another user in").WithHint("Unlink it there first.").At("/subject")
	case !errors.Is(err, contracts.ErrNotFound):
		return none, err
	}
	i := contracts.Identity{
		ID: contracts.NewID(contracts.PrefixIdentity), UserID: user.ID, Provider: in.Provider, Subject: in.Subject,
		Label: cleanLabel(in.Label, maxIdentityLabel), CreatedAt: s.now(),
	}
	return i, putIdentity(ctx, tx, storedIdentity{Identity: i})
}

// RemoveIdentity takes a linked account away: [Service.RemoveIdentityTx] in a transaction
// of its own.
func (s *Service) RemoveIdentity(ctx context.Context, actor contracts.Actor, id string) (contracts.Identity, error) {
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (contracts.Identity, error) {
		return s.RemoveIdentityTx(ctx, tx, actor, id)
	})
}

// RemoveIdentityTx takes a linked account away: one's own after a fresh proof, or the
// operator anybody's. Sessions that it began end, and those that they let in, but not the
// one that asks. It returns what it removed.
//
// Errors: [contracts.ErrNotFound] also for another's, [contracts.ErrReauthRequired],
// [contracts.ErrMFARequired], [contracts.ErrForbidden] for an API token,
// [contracts.ErrConflict] when one could not sign in any more without it.
func (s *Service) RemoveIdentityTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, id string) (contracts.Identity, error) {
	none := contracts.Identity{}
	if !actor.Operator {
		if err := s.mayManageFactors(ctx, tx, actor); err != nil {
			return none, err
		}
	}
	i, err := oneIdentity(ctx, tx, `id = $1`, id)
	switch {
	case err != nil:
		return none, err
	case !actor.Operator && i.UserID != actor.UserID:
		return none, errNoIdentity
	}
	if !actor.Operator {
		var others int
		err := tx.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM credentials WHERE user_id = $1) + (SELECT count(*) FROM passkeys WHERE user_id = $1)
			+ (SELECT count(*) FROM identities WHERE user_id = $1 AND id <> $2)`, i.UserID, id).Scan(&others)
		switch {
		case err != nil:
			return none, fmt.Errorf("count ways to sign in: %w", err)
		case others == 0:
			return none, contracts.ErrConflict.With("you could not sign in any more without this account").WithHint("Set a password or add a passkey first.")
		}
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM identities WHERE id = $1`, id); err != nil {
		return none, fmt.Errorf("delete linked account: %w", err)
	}
	return i.Identity, endBegunByTx(ctx, tx, actor, i.UserID, i.ID)
}
