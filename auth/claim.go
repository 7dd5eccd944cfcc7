package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
)

const claimLife = time.Hour

// ClaimInput is what the first owner enters.
type ClaimInput struct {
	Code        Secret
	Username    string
	DisplayName string
	Password    Secret
	Email       string // optional
}

// Claim is a checked ClaimInput with the password hashed, for [Service.ClaimTx].
type Claim struct {
	code string // its digest
	user PreparedUser
}

// Format keeps the hash and the code out of logs.
func (c Claim) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[claim]")) }

// SetUp tells whether the workspace has an owner.
func (s *Service) SetUp(ctx context.Context) (bool, error) { return setUp(ctx, s.db.Read) }

func setUp(ctx context.Context, q eventlog.Querier) (bool, error) {
	var owners int
	if err := q.QueryRowContext(ctx, `SELECT count(*) FROM users WHERE role = 'owner'`).Scan(&owners); err != nil {
		return false, fmt.Errorf("look for an owner: %w", err)
	}
	return owners > 0, nil
}

// NewClaim makes the code by which somebody becomes the first owner. It holds 131
// random bits, is good for an hour, is stored as a hash only, and replaces the one
// before. [contracts.ErrAlreadySetUp] once there is an owner.
func (s *Service) NewClaim(ctx context.Context) (Secret, error) {
	code, now := randomText(22), s.now()
	err := s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := notSetUp(ctx, tx); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO owner_claim (id, code_hash, created_at, expires_at) VALUES (1, $1, $2, $3)
			ON CONFLICT (id) DO UPDATE SET code_hash = excluded.code_hash, created_at = excluded.created_at, expires_at = excluded.expires_at`,
			digest(code), now.UnixMilli(), now.Add(claimLife).UnixMilli())
		if err != nil {
			return fmt.Errorf("store owner claim: %w", err)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return Secret(code), nil
}

func notSetUp(ctx context.Context, q eventlog.Querier) error {
	done, err := setUp(ctx, q)
	if err == nil && done {
		return contracts.ErrAlreadySetUp
	}
	return err
}

// PrepareClaim checks the code, the names and the password, and hashes the password;
// [Service.ClaimTx] does the rest. A wrong code costs no hash.
//
// Errors: [contracts.ErrAlreadySetUp], [contracts.ErrGone] for a wrong or expired
// code, [contracts.ErrInvalid] with the fields at fault, [contracts.ErrBusy].
func (s *Service) PrepareClaim(ctx context.Context, in ClaimInput) (Claim, error) {
	code := digest(string(in.Code))
	if err := s.checkClaim(ctx, s.db.Read, code); err != nil {
		return Claim{}, err
	}
	user, err := s.prepareUser(ctx, NewUser{
		Username: in.Username, DisplayName: in.DisplayName, Email: in.Email, Password: in.Password, Role: contracts.RoleOwner,
	}, true)
	return Claim{code: code, user: user}, err
}

// ClaimTx makes the first owner in the caller's transaction and uses the code up.
// However many try at once, one wins; the others get [contracts.ErrAlreadySetUp].
func (s *Service) ClaimTx(ctx context.Context, tx *sql.Tx, claim Claim) (contracts.User, error) {
	if err := s.checkClaim(ctx, tx, claim.code); err != nil {
		return contracts.User{}, err
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM owner_claim`); err != nil {
		return contracts.User{}, fmt.Errorf("use up owner claim: %w", err)
	}
	return claim.user.user, s.insertUser(ctx, tx, claim.user.user.ID, claim.user, nil)
}

func (s *Service) checkClaim(ctx context.Context, q eventlog.Querier, code string) error {
	if err := notSetUp(ctx, q); err != nil {
		return err
	}
	gone := contracts.ErrGone.With("this first-run link is not valid any more").WithHint("Restart the server to get a new one.").At("/code")
	var stored string
	var expires int64
	err := q.QueryRowContext(ctx, `SELECT code_hash, expires_at FROM owner_claim WHERE id = 1`).Scan(&stored, &expires)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return gone
	case err != nil:
		return fmt.Errorf("read owner claim: %w", err)
	case !equal(stored, code), expires <= s.now().UnixMilli():
		return gone
	}
	return nil
}
