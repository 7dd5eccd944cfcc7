package auth

import (
	"context"
	"database/sql"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
)

// What auth needs from other parts it gets as functions in [Config]; it imports none
// of them.

// UserCreated is called in the transaction that makes an account, after the user's
// row and event: the place to add them to channels. channels are the conversation
// ids of the invite, empty otherwise. Bots and the first owner come here too. An
// error undoes the whole account. It is bound by the rules of [sqldb.DB.Write]: it
// may run twice and does no slow work.
type UserCreated func(ctx context.Context, tx *sql.Tx, user contracts.User, channels []string) error

// SecondFactorRequired is asked whether users of a role have to have a second factor.
// It is asked at sign-in and whenever a session is looked up anew, outside of
// transactions: it answers from memory or by one small read.
type SecondFactorRequired func(ctx context.Context, role contracts.Role) (bool, error)

// SignupAllowed is asked before somebody gets an account by an invite, which is when it
// is shown and when it is redeemed, or through an identity provider; an error refuses
// it. A workspace whose registration is closed answers [contracts.ErrForbidden]; for who
// comes from a provider [Refuse] gives it a reason. Who comes with neither is asked
// about by [OpenSignup]; accounts that administrators make are not.
type SignupAllowed func(ctx context.Context, who Joining) error

// Joining is somebody who is about to get an account.
type Joining struct {
	Invited  bool   // they bring an invite, which is looked at besides
	Email    string // verified by the provider, or whom the invite is for; "" for none
	Provider string // by name, through which they come; "" for none
	Trusted  bool   // who belongs here is this provider's to say ([OIDCProvider])
}

// A Directory is the host program's own table of people, for programs that have one:
// this library then keeps their credentials and sessions only, and follows what the
// directory says about names, role and suspension at every sign-in and whenever a
// credential is looked up anew, so within Config.CacheTTL. Its own ways to make and
// change people answer [contracts.ErrConflict]; bots and profiles stay its own.
//
// Both methods answer [contracts.ErrNotFound] for nobody. q reads the database that the
// Service was opened on, sometimes inside a write transaction, and then it sees what that
// wrote: a directory that is elsewhere ignores it, and has to be quick. Any other error
// lets nobody in.
type Directory interface {
	// ByLogin finds whom somebody means who signs in with this name or address, as typed.
	ByLogin(ctx context.Context, q eventlog.Querier, login string) (Person, error)
	// ByID finds a person by Person.ID.
	ByID(ctx context.Context, q eventlog.Querier, id string) (Person, error)
}

// Person is somebody in a [Directory].
type Person struct {
	ID          string         // the host's key, 1–128 bytes, never given to another
	Username    string         // unique, at most 254 bytes, no spaces; any case
	DisplayName string         // default: the user name
	Email       string         // optional, unique
	Role        contracts.Role // default member
	Suspended   bool
}

// OpenSignup is asked before somebody makes an account without an invite, and again
// when they prove their address; an error refuses it. verify says whether the address
// has to be proved by a mail before there is an account.
type OpenSignup func(ctx context.Context, email string) (verify bool, err error)

// A Mailer sends a [Mail], by whatever words and servers. It is called beside the
// requests, one mail at a time; the context ends after 30 seconds. What it returns an
// error for is tried again (Config.MailRetries). Package mail is one.
type Mailer interface {
	Send(ctx context.Context, m Mail) error
}

// ProfileFields returns what the workspace asks its people about besides the usual. q
// is the transaction that changes a profile.
type ProfileFields func(ctx context.Context, q eventlog.Querier) ([]contracts.ProfileField, error)

// AvatarURL makes the address of a user's picture, which differs with its hash.
type AvatarURL func(user, hash string) string
