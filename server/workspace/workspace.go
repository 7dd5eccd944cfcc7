// Package workspace opens a database and wires the four libraries over it with their
// effects on one another: a new user joins the default channels, closing the
// registration closes sign-ups, workspace power used in a channel is audited. The
// server and the command lines build on it, so nobody wires twice. It knows no HTTP
// and no sockets.
//
// [Open] comes first; [Workspace.Setup] makes the first owner and the first channels.
package workspace

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/dankerchat/dankerchat/admin"
	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/channels"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/messaging"
	"github.com/dankerchat/dankerchat/server/idempotency"
)

// Config says which database and how. URL "" is [DefaultURL].
type Config struct {
	URL         string
	Log         zerolog.Logger
	Now         func() time.Time // nil is time.Now
	BusyTimeout time.Duration    // for SQLite's write lock; 0 is 5 seconds
	// Migrate brings the schema up to date. Without it an older or missing schema is
	// refused with [contracts.ErrUnavailable].
	Migrate bool
	DryRun  bool          // every write is rolled back
	Bus     messaging.Bus // between servers; nil is within this process
	Auth    AuthConfig
}

// AuthConfig holds what of auth a server may want to change.
type AuthConfig struct {
	Issuer    string // of access tokens; "" is "dankerchat"
	AccessTTL time.Duration
	Logins    auth.LoginLimits
	Mailer    auth.Mailer         // nil sends no mails; needs PublicURL
	PublicURL string              // with which links in mails begin
	Providers []auth.OIDCProvider // that people may sign in through; see [LoadProviders]
	SealKeys  []auth.SealKey      // see [LoadKeyFile]; without one nobody sets up an authenticator app
	Peppers   []auth.Pepper       // see [LoadPeppers]
}

// Workspace is an open database with the libraries over it.
type Workspace struct {
	DB        *sqldb.DB
	Auth      *auth.Service
	Messaging *messaging.Service
	Channels  *channels.Service
	Admin     *admin.Service
	Hub       *messaging.Hub

	policy policy
	unhook func()
}

// Sets are the migrations of all parts, in their order.
func Sets() []sqldb.Set {
	return []sqldb.Set{eventlog.Migrations, auth.Migrations, messaging.Migrations, channels.Migrations, admin.Migrations, idempotency.Migrations}
}

// Open opens and wires. It returns [contracts.ErrSchemaNewer] for a database that a
// newer version wrote, [contracts.ErrInvalid] for a URL that is none,
// [contracts.ErrUnavailable] for one that cannot be opened.
func Open(ctx context.Context, cfg Config) (*Workspace, error) {
	if cfg.URL == "" {
		cfg.URL = DefaultURL()
	}
	db, err := sqldb.Open(ctx, cfg.URL, sqldb.Options{BusyTimeout: cfg.BusyTimeout, DryRun: cfg.DryRun})
	if err != nil {
		return nil, err
	}
	w, err := wire(ctx, db, cfg)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return w, nil
}

func wire(ctx context.Context, db *sqldb.DB, cfg Config) (*Workspace, error) {
	if err := prepare(ctx, db, cfg.Migrate); err != nil {
		return nil, err
	}
	w := &Workspace{DB: db}
	w.policy.read = func(ctx context.Context) (contracts.Settings, error) { return w.Admin.Settings(ctx) }
	if w.policy.now = cfg.Now; cfg.Now == nil {
		w.policy.now = time.Now
	}
	w.unhook = db.OnCommit(w.policy.hear) // before auth's
	var err error
	w.Auth, err = auth.New(ctx, db, auth.Config{
		Log: cfg.Log, Now: cfg.Now, Issuer: cfg.Auth.Issuer, AccessTTL: cfg.Auth.AccessTTL, Logins: cfg.Auth.Logins, SealKeys: cfg.Auth.SealKeys, Peppers: cfg.Auth.Peppers, Providers: cfg.Auth.Providers,
		Mailer: cfg.Auth.Mailer, PublicURL: cfg.Auth.PublicURL,
		OnUserCreated: func(ctx context.Context, tx *sql.Tx, user contracts.User, extra []string) error {
			return w.Channels.JoinDefaultsTx(ctx, tx, user, extra)
		},
		SignupAllowed:        w.signupAllowed,
		OpenSignup:           w.openSignup,
		SecondFactorRequired: w.secondFactorRequired,
		ProfileFields: func(ctx context.Context, q eventlog.Querier) ([]contracts.ProfileField, error) {
			return w.Admin.ProfileFields(ctx, q)
		},
	})
	if err != nil {
		return nil, err
	}
	w.Messaging = messaging.New(db, messaging.Config{Log: cfg.Log, Now: cfg.Now, People: w.Auth})
	w.Channels = channels.New(db, channels.Config{
		Log: cfg.Log, Now: cfg.Now,
		Conversations: w.Messaging, Kinds: w.Messaging, Timeline: w.Messaging, Moderation: w.Messaging, People: w.Auth,
		Record: func(ctx context.Context, tx *sql.Tx, actor contracts.Actor, action, target string, before, after any) error {
			return w.Admin.RecordTx(ctx, tx, actor, action, target, before, after)
		},
	})
	w.Admin = admin.New(db, admin.Config{
		Log: cfg.Log, Now: cfg.Now, Users: w.Auth, Channels: w.Channels, Messages: w.Messaging,
		Counters: []admin.Counter{w.Auth, w.Messaging, w.Channels},
	})
	w.Hub = messaging.NewHub(db, messaging.HubConfig{Log: cfg.Log, Bus: cfg.Bus, Render: w.Render, Apply: w.apply})
	return w, nil
}

// apply is what the hub tells of each event, in the log's order.
func (w *Workspace) apply(ev contracts.Event) {
	w.policy.apply(ev)
	w.Auth.Apply(ev)
}

func prepare(ctx context.Context, db *sqldb.DB, migrate bool) error {
	if migrate {
		return sqldb.Migrate(ctx, db, Sets()...)
	}
	current, err := sqldb.Current(ctx, db, Sets()...)
	if err != nil {
		return err
	}
	if !current {
		return contracts.ErrUnavailable.With("the database's schema is older than this program, or missing").WithHint("Run: chat-admin db migrate")
	}
	return nil
}

// secondFactorRequired is the setting that demands one of some roles.
func (w *Workspace) secondFactorRequired(ctx context.Context, role contracts.Role) (bool, error) {
	roles, err := w.policy.requireSecondFactor(ctx)
	return slices.Contains(roles, role), err
}

// Render makes the payload of events that have none, each by the library that owns
// its rows.
func (w *Workspace) Render(ctx context.Context, q eventlog.Querier, events []*contracts.Event) error {
	for _, payload := range []func(context.Context, eventlog.Querier, []*contracts.Event) error{
		w.Messaging.Payload, w.Channels.Payload, w.Auth.Payload, w.Admin.Payload,
	} {
		if err := payload(ctx, q, events); err != nil {
			return fmt.Errorf("render events: %w", err)
		}
	}
	return nil
}

// How much of the log is kept.
const (
	logLife = 7 * 24 * time.Hour
	logMin  = 1_000_000
)

// Prune forgets what has expired: old events, sessions, login attempts, and makes a new
// signing key when it is time. A server calls it every few minutes.
func (w *Workspace) Prune(ctx context.Context) error {
	_, err := eventlog.Prune(ctx, w.DB, logLife, logMin)
	keyErr := w.rotateOldKey(ctx)
	_, authErr := w.Auth.Prune(ctx)
	return errors.Join(err, keyErr, authErr)
}

// Close ends everything; the hub must have ended before.
func (w *Workspace) Close() error {
	w.unhook()
	return errors.Join(w.Auth.Close(), w.DB.Close())
}
