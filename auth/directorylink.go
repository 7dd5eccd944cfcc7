package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/dankerchat/dankerchat/contracts"
)

// LinkPerson makes an account that there was before Config.Directory the one of a person
// there, by the host's key, and brings it up to date: the user keeps id, password, second
// factors, sessions and whatever refers to them. The operator alone may say who is who; a
// host that decides by address takes proved ones ([Service.ByProvedEmail]). Saying so
// again changes nothing.
//
// Errors: [contracts.ErrForbidden], [contracts.ErrNotFound] for no such user or person,
// [contracts.ErrConflict] for a bot, a user who is another person, or a person who has
// another account; what [Service.Mirror] answers.
func (s *Service) LinkPerson(ctx context.Context, actor contracts.Actor, userID, person string) (contracts.User, error) {
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (contracts.User, error) {
		return s.LinkPersonTx(ctx, tx, actor, userID, person)
	})
}

// LinkPersonTx is [Service.LinkPerson] in the caller's transaction, which may be one for
// all accounts.
func (s *Service) LinkPersonTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, userID, person string) (contracts.User, error) {
	none := contracts.User{}
	if !actor.Operator {
		return none, contracts.ErrForbidden.With("only the operator says which person an account is")
	}
	user, err := s.fullUser(ctx, tx, userID)
	if err == nil {
		err = present(ctx, tx, userID)
	}
	switch {
	case err != nil:
		return none, err
	case user.Bot:
		return none, contracts.ErrConflict.With("a bot is no person")
	case s.cfg.Directory == nil || person == "" || len(person) > maxPersonKey:
		return s.MirrorTx(ctx, tx, person) // which says what is wrong
	}
	if _, err := s.cfg.Directory.ByID(ctx, tx, person); err != nil {
		if errors.Is(err, contracts.ErrNotFound) {
			return none, contracts.ErrNotFound.With("there is no such person in the directory")
		}
		return none, fmt.Errorf("ask the directory: %w", err)
	}
	var other string
	err = tx.QueryRowContext(ctx, `SELECT id FROM users WHERE person = $1`, person).Scan(&other)
	switch {
	case err == nil && other != userID:
		return none, contracts.ErrConflict.With("the person has another account")
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return none, fmt.Errorf("read mirror: %w", err)
	}
	linked, err := tx.ExecContext(ctx, `UPDATE users SET person = $1 WHERE id = $2 AND (person = '' OR person = $1)`, person, userID)
	if err != nil {
		return none, fmt.Errorf("link person: %w", err)
	}
	if n, err := linked.RowsAffected(); err != nil || n != 1 {
		return none, errors.Join(err, contracts.ErrConflict.With("the account is another person's"))
	}
	return s.MirrorTx(ctx, tx, person)
}

// ByProvedEmail finds the active user whose proved address it is: [contracts.ErrNotFound]
// when it is nobody's, or only said to be somebody's.
func (s *Service) ByProvedEmail(ctx context.Context, email string) (contracts.User, error) {
	key := emailKey(email)
	u, err := s.scanUser(s.db.Read.QueryRowContext(ctx, `SELECT `+userColumns+` FROM users WHERE email_key = $1 AND email_proved = $1 AND $1 <> '' AND bot = $2 AND state = 'active'`, key, false).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return u, errNoUser
	}
	if err != nil {
		return u, fmt.Errorf("read user by address: %w", err)
	}
	return u, nil
}
