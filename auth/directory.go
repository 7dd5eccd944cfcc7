package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/confusable"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// With Config.Directory the host program keeps the people. Credentials, sessions, tokens
// and profiles need a row to hang on, so each person whom this library met has one in
// users, the mirror: it is compared with the directory at every sign-in and whenever a
// credential is looked up anew, and written only when it is behind.

var errOfDirectory = contracts.ErrConflict.With("people are kept by the program that this library works for").
	WithHint("Make and change them there: sign-ins and sessions follow.")

// ownPerson refuses to make or change somebody whom the directory keeps.
func (s *Service) ownPerson(u contracts.User) error {
	if s.cfg.Directory != nil && !u.Bot {
		return errOfDirectory
	}
	return nil
}

const (
	maxPersonKey  = 128 // bytes
	maxPersonName = 254 // bytes; a user name may be an address
)

// as is a user with what the directory says about them.
func (p Person) as(u contracts.User) (contracts.User, error) {
	u.Username = usernameKey(strings.TrimSpace(p.Username))
	hidden := func(r rune) bool { return unicode.IsSpace(r) || unseen(r) }
	if u.Username == "" || len(u.Username) > maxPersonName || !utf8.ValidString(p.Username) || strings.ContainsFunc(u.Username, hidden) {
		return u, contracts.ErrInvalid.With("the directory's user name of person " + cleanLabel(p.ID, maxPersonKey) + " is empty, too long, or has spaces")
	}
	// These are for showing: what cannot be shown is left out, and nobody locked out.
	var bad *contracts.Error
	before := u.Email
	if u.DisplayName, bad = cleanDisplayName(p.DisplayName, u.Username); bad != nil {
		u.DisplayName = u.Username
	}
	if u.Email, bad = cleanEmail(p.Email); bad != nil {
		u.Email = ""
	}
	if emailKey(u.Email) != emailKey(before) {
		u = withProof(u, false)
	}
	if u.Role = p.Role; u.Role == "" {
		u.Role = contracts.RoleMember
	}
	if !contracts.ValidRole(u.Role) {
		return u, contracts.ErrInvalid.With("the directory gives person " + cleanLabel(p.ID, maxPersonKey) + " a role that there is not")
	}
	if u.State = contracts.UserActive; p.Suspended {
		u.State = contracts.UserSuspended
	}
	return u, nil
}

func sameMirror(a, b contracts.User) bool {
	return a.Username == b.Username && a.DisplayName == b.DisplayName && a.Email == b.Email && a.Role == b.Role && a.State == b.State
}

// Mirror brings a person of Config.Directory, by the host's key, into this library or up
// to date, and returns them as a user: a host calls it to give a new person a password
// or a session, and after a change that should hold at once.
//
// Errors: [contracts.ErrNotFound] for somebody who was never in the directory; one who
// was is returned suspended. [contracts.ErrInvalid] for a name or role that cannot be,
// [contracts.ErrConflict] when two people have one user name or address.
func (s *Service) Mirror(ctx context.Context, person string) (contracts.User, error) {
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (contracts.User, error) {
		return s.MirrorTx(ctx, tx, person)
	})
}

// MirrorTx is [Service.Mirror] in the caller's transaction, which may be the one that
// changes the person.
func (s *Service) MirrorTx(ctx context.Context, tx *sql.Tx, person string) (contracts.User, error) {
	if s.cfg.Directory == nil {
		return contracts.User{}, contracts.ErrConflict.With("there is no directory").WithHint("Set Config.Directory.")
	}
	if person == "" || len(person) > maxPersonKey {
		return contracts.User{}, contracts.ErrNotFound.With("a person's key has 1–128 bytes")
	}
	return s.mirrorTx(ctx, tx, person, map[string]bool{})
}

// mirrorTx: settled are the users that are up to date in this transaction, by id.
func (s *Service) mirrorTx(ctx context.Context, tx *sql.Tx, person string, settled map[string]bool) (contracts.User, error) {
	none := contracts.User{}
	before, err := s.scanUser(tx.QueryRowContext(ctx, `SELECT `+userColumns+` FROM users WHERE person = $1`, person).Scan)
	isNew := errors.Is(err, sql.ErrNoRows)
	if err != nil && !isNew {
		return none, fmt.Errorf("read mirror: %w", err)
	}
	after, err := s.inDirectory(ctx, tx, person, before)
	switch {
	case err != nil:
		return none, err
	case isNew && after.Username == "":
		return none, errNoUser
	case isNew:
		after.ID, after.CreatedAt = contracts.NewID(contracts.PrefixUser), s.now()
	case sameMirror(before, after):
		settled[after.ID] = true
		return after, nil
	}
	displaced, err := setAside(ctx, tx, after, settled)
	if err != nil {
		return none, err
	}
	if isNew {
		err = s.insertUser(ctx, tx, "", PreparedUser{user: after, person: person}, nil)
	} else {
		err = updateMirror(ctx, tx, before, after)
	}
	if err != nil {
		return none, err
	}
	settled[after.ID] = true
	for _, other := range displaced {
		if _, err := s.mirrorTx(ctx, tx, other, settled); err != nil {
			return none, err
		}
	}
	return after, nil
}

// inDirectory is a user as the directory has them now: suspended when they are gone.
func (s *Service) inDirectory(ctx context.Context, q eventlog.Querier, person string, u contracts.User) (contracts.User, error) {
	p, err := s.cfg.Directory.ByID(ctx, q, person)
	if errors.Is(err, contracts.ErrNotFound) {
		u.State = contracts.UserSuspended
		return u, nil
	}
	if err != nil {
		return u, fmt.Errorf("ask the directory: %w", err)
	}
	return p.as(u)
}

// setAside takes the user name and address that somebody has now from those whose mirror
// had them, and returns their keys: the directory gave them others.
func setAside(ctx context.Context, tx *sql.Tx, u contracts.User, settled map[string]bool) (people []string, err error) {
	var holders []string
	err = sqldb.Each(ctx, tx, `SELECT id, person FROM users WHERE (username = $1 OR email_key = $2 AND email_key <> '') AND id <> $3`,
		[]any{u.Username, emailKey(u.Email), u.ID}, func(scan sqldb.Scan) error {
			var id, person string
			err := scan(&id, &person)
			if err == nil && (settled[id] || person == "") {
				err = contracts.ErrConflict.With("two accounts have the user name " + u.Username + " or one address").WithHint("Give one of them another in the directory; one that stood here before is linked with its person by LinkPerson.")
			}
			holders, people = append(holders, id), append(people, person)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("look for who has the name: %w", err)
	}
	for _, id := range holders {
		if _, err := tx.ExecContext(ctx, `UPDATE users SET username = id, look = id, email = '', email_key = '' WHERE id = $1`, id); err != nil {
			return nil, fmt.Errorf("take a name back: %w", err)
		}
	}
	return people, nil
}

// updateMirror writes what changed and logs it. Names that a person left are not kept for
// them: the directory may give them to another.
func updateMirror(ctx context.Context, tx *sql.Tx, before, after contracts.User) error {
	_, err := tx.ExecContext(ctx, `UPDATE users SET username = $1, look = $2, display_name = $3, name_key = $4, email = $5, email_key = $6,
		email_proved = CASE WHEN email_key = $6 THEN email_proved ELSE '' END, role = $7, state = $8 WHERE id = $9`,
		after.Username, confusable.Skeleton(after.Username), after.DisplayName, strings.ToLower(after.DisplayName), after.Email, emailKey(after.Email), string(after.Role), string(after.State), after.ID)
	if err != nil {
		return fmt.Errorf("update mirror: %w", err)
	}
	if after.Email != before.Email {
		if err := endResets(ctx, tx, after.ID); err != nil {
			return err
		}
	}
	event := contracts.EventUserUpdated
	if after.State != before.State {
		if event = contracts.EventUserRestored; after.State == contracts.UserSuspended {
			event = contracts.EventUserSuspended
			if _, err := endSessionsTx(ctx, tx, "", after.ID, ""); err != nil {
				return err
			}
		}
	}
	return appendEvents(ctx, tx, userEvent(event, "", after))
}

// personOf returns the host's key of a user; "" for a bot, which the host knows nothing
// of, and without a directory. A person who is not of the directory does not count.
func (s *Service) personOf(ctx context.Context, q eventlog.Querier, id string) (string, error) {
	if s.cfg.Directory == nil {
		return "", nil
	}
	var person string
	var bot bool
	err := q.QueryRowContext(ctx, `SELECT person, bot FROM users WHERE id = $1`, id).Scan(&person, &bot)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", errNoUser
	case err != nil:
		return "", fmt.Errorf("read person: %w", err)
	case person == "" && !bot:
		return "", contracts.ErrSuspended.With("the directory does not know this account")
	}
	return person, nil
}

// followTx is the user as the directory has them, in a transaction that goes on with it.
func (s *Service) followTx(ctx context.Context, tx *sql.Tx, u contracts.User) (contracts.User, error) {
	person, err := s.personOf(ctx, tx, u.ID)
	if err != nil || person == "" {
		return u, err
	}
	return s.mirrorTx(ctx, tx, person, map[string]bool{})
}

// follow looks at the directory before a credential is believed, and returns the state
// of its user; the actor gets the name and role of now.
func (s *Service) follow(ctx context.Context, actor *contracts.Actor, state contracts.UserState) (contracts.UserState, error) {
	person, err := s.personOf(ctx, s.db.Read, actor.UserID)
	if err != nil || person == "" {
		return state, err
	}
	before, err := s.fullUser(ctx, s.db.Read, actor.UserID)
	if err != nil {
		return state, err
	}
	u, err := s.inDirectory(ctx, s.db.Read, person, before)
	if err != nil {
		return state, err
	}
	if !sameMirror(before, u) {
		// Looked at again inside: another may have been quicker, with something newer.
		if u, err = s.Mirror(ctx, person); err != nil {
			return state, err
		}
	}
	actor.Username, actor.Role = u.Username, u.Role
	return u.State, nil
}

// personCredential is credential for the people of the directory. Somebody without a
// mirror has no password either.
func (s *Service) personCredential(ctx context.Context, login string) (contracts.User, string, error) {
	p, err := s.cfg.Directory.ByLogin(ctx, s.db.Read, login)
	if err != nil && !errors.Is(err, contracts.ErrNotFound) {
		return contracts.User{}, "", fmt.Errorf("ask the directory: %w", err)
	}
	if err != nil {
		p = Person{}
	}
	var hash string
	u, err := s.scanUser(func(dest ...any) error { // asked for nobody too, at the same cost
		return s.db.Read.QueryRowContext(ctx, `SELECT `+userColumns+`, coalesce(c.hash, '')
			FROM users u LEFT JOIN credentials c ON c.user_id = u.id WHERE u.person = $1 AND u.person <> ''`, p.ID).Scan(append(dest, &hash)...)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return contracts.User{}, "", nil
	}
	if err != nil {
		return contracts.User{}, "", fmt.Errorf("read credentials: %w", err)
	}
	u, err = p.as(u)
	return u, hash, err
}
