package auth

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/confusable"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// NewUser is an account to be made by an administrator.
type NewUser struct {
	Username    string
	DisplayName string // default: the user name
	Email       string // optional, unique
	// EmailUnproved says that nobody knows whether the address is theirs; else whoever makes
	// the account answers for it.
	EmailUnproved bool
	Password      Secret // optional; without one the account cannot log in until it is set
	Role          contracts.Role
	Bot           bool // acts through API tokens alone; has no password and is never an owner
}

// PreparedUser is a checked NewUser with its password hashed, for
// [Service.CreateUserTx].
type PreparedUser struct {
	user     contracts.User
	hash     string
	unproved bool   // NewUser.EmailUnproved
	person   string // the host's key, of a mirror
}

// Format keeps the hash out of logs.
func (p PreparedUser) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[prepared user]")) }

// UserUpdate changes what is not nil.
type UserUpdate struct {
	DisplayName *string
	Username    *string
	Email       *string // "" removes it
	Title       *string // "" removes it, as with all that follow; at most MaxTitle characters
	Pronouns    *string // at most MaxPronouns characters
	TimeZone    *string // a name of the IANA database
	Locale      *string // a language tag, BCP 47
	// Fields are values by keys of Config.ProfileFields, at most MaxFieldValue characters
	// each; those that are not named stay, and values of fields that are no more go.
	Fields map[string]string
}

// Empty reports whether there is nothing to change.
func (u UserUpdate) Empty() bool {
	return u.DisplayName == nil && u.Username == nil && u.Email == nil && u.Title == nil && u.Pronouns == nil && u.TimeZone == nil && u.Locale == nil && len(u.Fields) == 0
}

const userColumns = `id, username, display_name, email, CASE WHEN email_proved = email_key THEN 1 ELSE 0 END, role, state, bot, created_at, last_seen_at,
	former_names, title, pronouns, time_zone, locale, fields, status_emoji, status_text, status_until, avatar`

func (s *Service) scanUser(scan sqldb.Scan) (u contracts.User, err error) {
	var created int64
	var seen, until *int64
	var proved bool
	var former, fields, emoji, text, avatar string
	err = scan(&u.ID, &u.Username, &u.DisplayName, &u.Email, &proved, &u.Role, &u.State, &u.Bot, &created, &seen,
		&former, &u.Title, &u.Pronouns, &u.TimeZone, &u.Locale, &fields, &emoji, &text, &until, &avatar)
	if err != nil {
		return u, err
	}
	u = withProof(u, proved)
	u.CreatedAt, u.LastSeenAt, u.Status = fromMillis(created), fromMillisPtr(seen), statusAt(s.now(), emoji, text, until)
	if former != "" {
		u.FormerNames = strings.Fields(former)
	}
	if avatar != "" {
		u.AvatarURL = s.cfg.AvatarURL(u.ID, avatar)
	}
	u.Fields, err = decodeFields(fields)
	return u, err
}

// withProof says of a user whether the address is proved; nothing where there is none.
func withProof(u contracts.User, proved bool) contracts.User {
	if u.EmailProved = nil; u.Email != "" {
		u.EmailProved = &proved
	}
	return u
}

var errNoUser = contracts.ErrNotFound.With("no such user")

// fullUser reads a user with the email address.
func (s *Service) fullUser(ctx context.Context, q eventlog.Querier, id string) (contracts.User, error) {
	u, err := s.scanUser(q.QueryRowContext(ctx, `SELECT `+userColumns+` FROM users WHERE id = $1`, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return u, errNoUser
	}
	if err != nil {
		return u, fmt.Errorf("read user: %w", err)
	}
	return u, nil
}

// User returns a user without the email address, or [contracts.ErrNotFound].
func (s *Service) User(ctx context.Context, id string) (contracts.User, error) {
	u, err := s.fullUser(ctx, s.db.Read, id)
	return u.Public(), err
}

// UserFor is [Service.User] with the email address for the user and for those who
// have [contracts.PermManageUsers].
func (s *Service) UserFor(ctx context.Context, actor contracts.Actor, id string) (contracts.User, error) {
	if !actor.Can(contracts.PermReadUsers) && actor.UserID != id {
		return contracts.User{}, contracts.ErrForbidden
	}
	u, err := s.fullUser(ctx, s.db.Read, id)
	return hideEmail(actor, u), err
}

// UserByName returns a user without the email address by user name; a leading @ and
// case don't matter.
func (s *Service) UserByName(ctx context.Context, username string) (contracts.User, error) {
	name := usernameKey(strings.TrimPrefix(username, "@"))
	u, err := s.scanUser(s.db.Read.QueryRowContext(ctx, `SELECT `+userColumns+` FROM users WHERE username = $1`, name).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return u, errNoUser
	}
	if err != nil {
		return u, fmt.Errorf("read user by name: %w", err)
	}
	return u.Public(), nil
}

func hideEmail(actor contracts.Actor, u contracts.User) contracts.User {
	self := actor.UserID == u.ID && wholeAccount(actor)
	if !self && !actor.Can(contracts.PermManageUsers) {
		return u.Public()
	}
	return u
}

// CreateUser makes an account: [contracts.PermManageUsers], and a role not above
// one's own. The default role is member. The password is optional.
//
// Errors: [contracts.ErrInvalid] and [contracts.ErrNameTaken] with the field at
// fault, [contracts.ErrForbidden], [contracts.ErrBusy] when the hash queue is full,
// [contracts.ErrConflict] for a person of a host with a [Directory].
func (s *Service) CreateUser(ctx context.Context, actor contracts.Actor, in NewUser) (contracts.User, error) {
	p, err := s.PrepareUser(ctx, actor, in)
	if err != nil {
		return contracts.User{}, err
	}
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (contracts.User, error) {
		return s.CreateUserTx(ctx, tx, actor, p)
	})
}

// PrepareUser checks an account to be made and hashes its password, which is too
// slow for a transaction. Errors as [Service.CreateUser].
func (s *Service) PrepareUser(ctx context.Context, actor contracts.Actor, in NewUser) (PreparedUser, error) {
	if !actor.Can(contracts.PermManageUsers) {
		return PreparedUser{}, contracts.ErrForbidden
	}
	setDefault(&in.Role, contracts.RoleMember)
	if err := mayGive(actor, in.Role, in.Bot); err != nil {
		return PreparedUser{}, err
	}
	if in.Bot && in.Password != "" {
		return PreparedUser{}, contracts.Invalid("/password", "a bot has no password").WithHint("Make an API token for it.")
	}
	return s.prepareUser(ctx, in, in.Password != "")
}

// prepareUser checks names and password, looks whether the names are free, which
// saves the hash for most who chose a taken one, and hashes.
func (s *Service) prepareUser(ctx context.Context, in NewUser, withPassword bool) (PreparedUser, error) {
	if err := s.ownPerson(contracts.User{Bot: in.Bot}); err != nil {
		return PreparedUser{}, err
	}
	var f faults
	username, bad := cleanUsername(in.Username)
	f.add(bad)
	display, bad := cleanDisplayName(in.DisplayName, username)
	if username != "" || in.DisplayName != "" {
		f.add(bad)
	}
	email, bad := cleanEmail(in.Email)
	f.add(bad)
	if withPassword {
		f.add(checkPassword("/password", in.Password, username, email))
	}
	if err := f.err(); err != nil {
		return PreparedUser{}, err
	}
	if err := namesFree(ctx, s.db.Read, username, email, ""); err != nil {
		return PreparedUser{}, err
	}
	p := PreparedUser{unproved: in.EmailUnproved, user: withProof(contracts.User{
		ID: contracts.NewID(contracts.PrefixUser), Username: username, DisplayName: display, Email: email,
		Role: in.Role, State: contracts.UserActive, Bot: in.Bot, CreatedAt: s.now(),
	}, false)}
	if !withPassword {
		return p, nil
	}
	hash, err := s.HashPassword(ctx, in.Password)
	p.hash = hash
	return p, err
}

// CreateUserTx is [Service.CreateUser] in the caller's transaction.
func (s *Service) CreateUserTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, p PreparedUser) (contracts.User, error) {
	acting, err := s.acting(ctx, tx, actor, contracts.PermManageUsers)
	if err != nil {
		return contracts.User{}, err
	}
	if err := mayGive(acting, p.user.Role, p.user.Bot); err != nil {
		return contracts.User{}, err
	}
	if err := s.insertUser(ctx, tx, actor.UserID, p, nil); err != nil {
		return contracts.User{}, err
	}
	if p.unproved {
		return p.user, nil
	}
	return withProof(p.user, true), proveEmail(ctx, tx, p.user.ID) // who makes accounts for others answers for the address
}

// insertUser is the one way to make an account: row, password, event, and what the
// workspace does with it.
func (s *Service) insertUser(ctx context.Context, tx *sql.Tx, by string, p PreparedUser, channels []string) error {
	u := p.user
	if u.ID == "" {
		return errors.New("auth: insert a user that was not prepared")
	}
	if p.person == "" { // the directory's names are as they are
		if err := s.ownPerson(u); err != nil {
			return err
		}
		if err := namesFree(ctx, tx, u.Username, u.Email, u.ID); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO users (id, username, look, display_name, name_key, email, email_key, role, state, bot, created_at, person)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		u.ID, u.Username, confusable.Skeleton(u.Username), u.DisplayName, strings.ToLower(u.DisplayName), u.Email, emailKey(u.Email), string(u.Role), string(u.State), u.Bot, u.CreatedAt.UnixMilli(), p.person)
	if err != nil {
		return fmt.Errorf("insert user: %w", err)
	}
	if p.hash != "" {
		if err := putCredential(ctx, tx, u.ID, p.hash, u.CreatedAt.UnixMilli()); err != nil {
			return err
		}
	}
	if err := appendEvents(ctx, tx, userEvent(contracts.EventUserCreated, by, u)); err != nil {
		return err
	}
	if s.cfg.OnUserCreated != nil {
		return s.cfg.OnUserCreated(ctx, tx, u, channels)
	}
	return nil
}

// UpdateUser changes names, address and profile: one's own, or with
// [contracts.PermManageUsers] those of a user with a lesser role. An API token needs
// the scope "*" to change its own user, and cannot change the address.
//
// A changed address is not proved any more. One's own wants a fresh proof of identity,
// and where there is a mail server it stays what it was until [Service.ConfirmEmail] is
// called with the code that was mailed to the new one; [Service.OwnEmail] tells, and
// nothing tells whether another account has it.
//
// Errors: [contracts.ErrReauthRequired] and [contracts.ErrRateLimited] for one's own address; [contracts.ErrInvalid] and [contracts.ErrNameTaken] with the field at
// fault, [contracts.ErrForbidden], [contracts.ErrNotFound].
func (s *Service) UpdateUser(ctx context.Context, actor contracts.Actor, id string, change UserUpdate) (contracts.User, error) {
	if _, _, _, err := change.names(); err != nil {
		return contracts.User{}, err
	}
	return inWrite(ctx, s.db, func(ctx context.Context, tx *sql.Tx) (contracts.User, error) {
		return s.UpdateUserTx(ctx, tx, actor, id, change)
	})
}

// names are those that change, checked.
func (u UserUpdate) names() (username, display, email string, err error) {
	var f faults
	var bad *contracts.Error
	if u.Username != nil {
		username, bad = cleanUsername(*u.Username)
		f.add(bad)
	}
	if u.DisplayName != nil {
		display, bad = cleanDisplayName(*u.DisplayName, "")
		f.add(bad)
	}
	if u.Email != nil {
		email, bad = cleanEmail(*u.Email)
		f.add(bad)
	}
	return username, display, email, f.err()
}

// UpdateUserTx is [Service.UpdateUser] in the caller's transaction.
func (s *Service) UpdateUserTx(ctx context.Context, tx *sql.Tx, actor contracts.Actor, id string, change UserUpdate) (contracts.User, error) {
	username, display, email, err := change.names()
	if err != nil {
		return contracts.User{}, err
	}
	before, err := s.target(ctx, tx, actor, id)
	if err != nil {
		return contracts.User{}, err
	}
	if change.Username != nil || change.DisplayName != nil || change.Email != nil {
		if err := s.ownPerson(before); err != nil {
			return contracts.User{}, err
		}
	}
	u := before
	if change.Username != nil {
		u.Username = username
	}
	if change.DisplayName != nil {
		u.DisplayName = display
	}
	if change.Email != nil {
		if u.Email, err = s.changeEmail(ctx, tx, actor, before, email); err != nil {
			return contracts.User{}, err
		}
		if emailKey(u.Email) != emailKey(before.Email) {
			u = withProof(u, false)
		}
	}
	if err := s.profile(ctx, tx, &u, change); err != nil {
		return contracts.User{}, err
	}
	named := u.Username != before.Username || u.DisplayName != before.DisplayName
	if !named && u.Email == before.Email && sameProfile(u, before) {
		return u, nil
	}
	if !sameProfile(u, before) {
		if err := writeProfile(ctx, tx, u); err != nil {
			return contracts.User{}, err
		}
	}
	if err := namesFree(ctx, tx, u.Username, u.Email, u.ID); err != nil {
		return contracts.User{}, err
	}
	if u.Username != before.Username {
		if u.FormerNames, err = rename(ctx, tx, before, u.Username); err != nil {
			return contracts.User{}, err
		}
	}
	_, err = tx.ExecContext(ctx, `UPDATE users SET username = $1, look = $2, former_names = $3, display_name = $4, name_key = $5, email = $6, email_key = $7,
		email_proved = CASE WHEN email_key = $7 THEN email_proved ELSE '' END WHERE id = $8`,
		u.Username, confusable.Skeleton(u.Username), strings.Join(u.FormerNames, " "), u.DisplayName, strings.ToLower(u.DisplayName), u.Email, emailKey(u.Email), u.ID)
	if err != nil {
		return contracts.User{}, fmt.Errorf("update user: %w", err)
	}
	if u.Email != before.Email {
		if err := endResets(ctx, tx, u.ID); err != nil { // the code went to the old address
			return contracts.User{}, err
		}
	}
	if !named && sameProfile(u, before) {
		return u, nil // the address is nobody else's business
	}
	return u, appendEvents(ctx, tx, userEvent(contracts.EventUserUpdated, actor.UserID, u))
}
