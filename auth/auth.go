package auth

import (
	"context"
	"embed"
	"fmt"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/rs/zerolog"
)

//go:embed migrations
var migrations embed.FS

// Migrations makes the tables of this library. They come after eventlog's:
//
//	sqldb.Open(ctx, url, sqldb.Options{Sets: []sqldb.Set{eventlog.Migrations, auth.Migrations}})
var Migrations = sqldb.NewSet("auth", migrations)

// Config are a Service's settings. The zero value is ready for use: every field has
// a default.
type Config struct {
	Log zerolog.Logger   // security events and background failures; the zero value is silent
	Now func() time.Time // default time.Now; decides expiry and throttling

	Issuer    string        // iss of access tokens, "dankerchat" by default: the public URL
	AccessTTL time.Duration // life of an access token; default 5 minutes, at most 1 hour
	// KeyLife is how long one key signs access tokens before [Service.Prune] makes the
	// next: default 30 days, at least an hour.
	KeyLife time.Duration
	SessionIdle,
	// SessionMax end a session that was not used for SessionIdle (default 30 days), and
	// every session after SessionMax (default 90 days).
	SessionMax time.Duration
	FreshFor    time.Duration // how long a proof of identity counts for sensitive changes; default 10 minutes
	MaxSessions int           // per user, default 30; the one idle for longest leaves
	MaxTokens   int           // API tokens per user, default 20

	Hash   HashParams  // default HashDefault
	Logins LoginLimits // failed logins allowed
	// Peppers go into password hashes: the first into new ones, all are known. A login
	// brings an older hash to the first, which may be the zero Pepper to do without.
	Peppers []Pepper

	// SealKeys seal secrets that the database holds: the first seals, all open. Without
	// one nobody can set up an authenticator app.
	SealKeys []SealKey

	// Mailer sends mails; without one nothing is mailed, and whatever needs a link has
	// one that an administrator can hand on.
	Mailer Mailer
	// PublicURL is where people reach the workspace's pages: links in mails begin with it.
	PublicURL   string
	MailRetries []time.Duration // waits before a mail is tried again; default 10 s, 1 and 10 minutes

	// Providers are identity providers that people may sign in through.
	Providers []OIDCProvider

	CacheSize int           // verified credentials kept in memory, default 10,000
	CacheTTL  time.Duration // how long one is believed without a look at the database; default 15 s

	// Directory is where the host program keeps its people; nil keeps them here.
	Directory     Directory
	OnUserCreated UserCreated   // nil does nothing
	SignupAllowed SignupAllowed // nil allows
	OpenSignup    OpenSignup    // nil lets nobody in without an invite
	// SecondFactorRequired says of which roles a second factor is demanded; nil of none.
	SecondFactorRequired SecondFactorRequired

	ProfileFields ProfileFields // nil knows none
	AvatarURL     AvatarURL     // default DankerChat's own path
}

func (c *Config) fill() error {
	setDefault(&c.Issuer, "dankerchat")
	setDefault(&c.AccessTTL, 5*time.Minute)
	setDefault(&c.KeyLife, 30*24*time.Hour)
	setDefault(&c.SessionIdle, 30*24*time.Hour)
	setDefault(&c.SessionMax, 90*24*time.Hour)
	setDefault(&c.FreshFor, 10*time.Minute)
	setDefault(&c.MaxSessions, 30)
	setDefault(&c.MaxTokens, 20)
	setDefault(&c.CacheSize, 10_000)
	setDefault(&c.CacheTTL, 15*time.Second)
	c.Logins.fill()
	if c.MailRetries == nil {
		c.MailRetries = []time.Duration{10 * time.Second, time.Minute, 10 * time.Minute}
	}
	if c.Mailer != nil && c.PublicURL == "" {
		return contracts.ErrInvalid.With("auth: a Mailer needs PublicURL, with which the links in mails begin")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.AvatarURL == nil {
		c.AvatarURL = avatarPath
	}
	if c.AccessTTL < time.Second || c.AccessTTL > maxAccessTTL {
		return contracts.ErrInvalid.With("auth: AccessTTL must be 1 second to 1 hour")
	}
	if c.KeyLife < time.Hour {
		return contracts.ErrInvalid.With("auth: KeyLife must be at least an hour")
	}
	if c.SessionIdle < time.Minute || c.SessionMax < c.SessionIdle || c.MaxSessions < 1 || c.MaxTokens < 1 || c.CacheSize < 1 || c.CacheTTL < 0 {
		return contracts.ErrInvalid.With("auth: session, token or cache limits out of range")
	}
	return nil
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Service is the library. It is safe for concurrent use, and several Services, in
// one process or many, may share a database.
type Service struct {
	db  *sqldb.DB
	cfg Config
	log zerolog.Logger

	hasher    *hasher
	standIns  standIns
	sealer    sealer
	providers providers
	keys      keyring
	verified  *cache[[32]byte, verified] // by SHA-256 of the credential, grouped by user
	refs      *cache[string, contracts.UserRef]
	pictures  *pictures
	uses      uses
	chores    *errands // what follows a request in the database
	outbox    *errands // mails
	unhook    func()
}

// New returns a Service on a migrated database. When the database holds no signing
// key yet, it makes one.
func New(ctx context.Context, db *sqldb.DB, cfg Config) (*Service, error) {
	if err := cfg.fill(); err != nil {
		return nil, err
	}
	h, err := newHasher(cfg.Hash, cfg.Peppers)
	if err != nil {
		return nil, err
	}
	seals, err := newSealer(cfg.SealKeys)
	if err != nil {
		return nil, err
	}
	known, err := newProviders(cfg.Providers, cfg.Now)
	if err != nil {
		return nil, err
	}
	s := &Service{
		db: db, cfg: cfg, log: cfg.Log, hasher: h, sealer: seals, providers: known,
		verified: newCache[[32]byte, verified](cfg.CacheSize),
		refs:     newCache[string, contracts.UserRef](cfg.CacheSize),
		pictures: newPictures(),
		chores:   newErrands(), outbox: newErrands(),
	}
	s.uses.init(s)
	if err := s.ensureKey(ctx); err != nil {
		return nil, fmt.Errorf("open auth: %w", err)
	}
	// What this process commits takes effect before its caller is answered, whether or
	// not anybody follows the log. Apply does the same for what others commit.
	s.unhook = db.OnCommit(func(_ int64, notes []any) {
		for _, n := range notes {
			switch n := n.(type) {
			case *contracts.Event:
				s.Apply(*n)
			case outgoing:
				if n.from == s {
					s.post(n.mail)
				}
			}
		}
	})
	return s, nil
}

// Close waits until the last uses of sessions and tokens are written, and some seconds
// for mails; those that still fail are lost. The database is the caller's to close,
// after this.
func (s *Service) Close() error {
	s.chores.close()
	s.unhook()
	s.outbox.close()
	s.hasher.idle.Stop()
	s.uses.wait()
	s.providers.close()
	return nil
}

func (s *Service) now() time.Time { return s.cfg.Now().UTC().Truncate(time.Millisecond) }

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func fromMillisPtr(ms *int64) *time.Time {
	if ms == nil {
		return nil
	}
	t := fromMillis(*ms)
	return &t
}
