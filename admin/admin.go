package admin

import (
	"embed"
	"io/fs"
	"time"

	"github.com/rs/zerolog"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

//go:embed migrations
var files embed.FS

// Migrations are the tables of this library, for [sqldb.Migrate]. They come after
// eventlog's.
var Migrations = sqldb.Set{Name: "admin", FS: sub()}

func sub() fs.FS {
	f, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the path is a constant
	}
	return f
}

// Config is what [New] needs. Users, Channels and Messages are required.
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

// New wires the service. It panics when a required interface is missing: that is
// a mistake of the program, not of its input.
func New(db *sqldb.DB, cfg Config) *Service {
	switch {
	case db == nil:
		panic("admin: New needs a database")
	case cfg.Users == nil, cfg.Channels == nil, cfg.Messages == nil:
		panic("admin: Config needs Users, Channels and Messages")
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
