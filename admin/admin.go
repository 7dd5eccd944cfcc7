package admin

import (
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
var Migrations = sqldb.NewSet("admin", files)

// Config is what [New] needs. What a program does not keep stays nil; acts on it then
// answer [contracts.ErrNotFound].
type Config struct {
	Log zerolog.Logger
	Now func() time.Time // default time.Now

	Users    Users
	Channels Channels
	Messages Retention
	Counters []Counter // for [Service.Stats]
}

// Service is the library. It is safe for concurrent use.
type Service struct {
	db       *sqldb.DB
	log      zerolog.Logger
	now      func() time.Time
	users    Users
	channels Channels
	messages Retention
	counters []Counter
}

// New wires the service.
func New(db *sqldb.DB, cfg Config) *Service {
	if cfg.Users == nil {
		cfg.Users = nothing{}
	}
	if cfg.Channels == nil {
		cfg.Channels = nothing{}
	}
	if cfg.Messages == nil {
		cfg.Messages = nothing{}
	}
	s := &Service{db: db, log: cfg.Log, now: cfg.Now, users: cfg.Users, channels: cfg.Channels, messages: cfg.Messages, counters: cfg.Counters}
	if s.now == nil {
		s.now = time.Now
	}
	return s
}

// forbidden says which permission an actor lacks.
func forbidden(p contracts.Permission) error {
	return contracts.ErrForbidden.With("not allowed: " + string(p) + " is needed")
}
