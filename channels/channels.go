package channels

import (
	"context"
	"database/sql"
	"embed"
	"time"

	"github.com/rs/zerolog"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

//go:embed migrations
var files embed.FS

// Migrations are the tables of this library, for [sqldb.Migrate]. They come after
// eventlog's.
var Migrations = sqldb.NewSet("channels", files)

// Limits that [Config] may change.
const (
	DefaultMaxMembers = 10_000 // of a channel; default channels have no limit
	DefaultMaxJoined  = 1_000  // channels of one user
	MaxAdd            = 200    // people added in one call
)

// Config is what [New] needs. Its zero value makes channels without messages.
type Config struct {
	Log zerolog.Logger
	Now func() time.Time // default time.Now

	// What is said in channels is kept by these four: all of them, or none in a program
	// whose channels are groups of people and no more.
	Conversations Conversations
	Kinds         Kinds
	Timeline      Timeline
	Moderation    Moderation

	People People // default [contracts.Names]: ids are names

	MaxMembers int // default [DefaultMaxMembers]
	MaxJoined  int // default [DefaultMaxJoined]

	// Record, when set, is called in the transaction of every change that somebody
	// made by the power of the workspace ([contracts.PermManageChannels],
	// [contracts.PermModerate]) and not by a role in the channel: for an audit log.
	// The Tx methods leave recording to their caller.
	Record func(ctx context.Context, tx *sql.Tx, actor contracts.Actor, action, target string, before, after any) error
}

// Service is the library. It is safe for concurrent use.
type Service struct {
	db            *sqldb.DB
	log           zerolog.Logger
	now           func() time.Time
	conversations Conversations
	kinds         Kinds
	timeline      Timeline
	moderation    Moderation
	people        People
	maxMembers    int
	maxJoined     int
	record        func(ctx context.Context, tx *sql.Tx, actor contracts.Actor, action, target string, before, after any) error
}

// New wires the service. It panics without a database and when some of what keeps
// messages is missing: that is a mistake of the program, not of its input.
func New(db *sqldb.DB, cfg Config) *Service {
	if cfg.Conversations == nil && cfg.Kinds == nil && cfg.Timeline == nil && cfg.Moderation == nil {
		cfg.Conversations, cfg.Kinds, cfg.Timeline, cfg.Moderation = alone{}, alone{}, alone{}, alone{}
	}
	if cfg.People == nil {
		cfg.People = contracts.Names{}
	}
	switch {
	case db == nil:
		panic("channels: New needs a database")
	case cfg.Conversations == nil, cfg.Kinds == nil, cfg.Timeline == nil, cfg.Moderation == nil:
		panic("channels: Config needs all of Conversations, Kinds, Timeline and Moderation, or none")
	}
	s := &Service{
		db: db, log: cfg.Log, now: cfg.Now, conversations: cfg.Conversations, kinds: cfg.Kinds, timeline: cfg.Timeline,
		moderation: cfg.Moderation, people: cfg.People, maxMembers: cfg.MaxMembers, maxJoined: cfg.MaxJoined, record: cfg.Record,
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.maxMembers <= 0 {
		s.maxMembers = DefaultMaxMembers
	}
	if s.maxJoined <= 0 {
		s.maxJoined = DefaultMaxJoined
	}
	return s
}

// recorded hands a change made by the power of the workspace to Config.Record.
func (s *Service) recorded(ctx context.Context, tx *sql.Tx, actor contracts.Actor, power bool, action, target string, before, after any) error {
	if !power || s.record == nil {
		return nil
	}
	return s.record(ctx, tx, actor, action, target, before, after)
}
