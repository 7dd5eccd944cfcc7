package messaging

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

//go:embed migrations
var migrations embed.FS

// Migrations are the tables of this library, for [sqldb.Migrate]; those of
// eventlog come before them.
var Migrations = sqldb.NewSet("messaging", migrations)

// Config holds what [New] may be told. Its zero value is useful.
type Config struct {
	Log zerolog.Logger   // for what no caller can be told; the zero value is silent
	Now func() time.Time // nil is time.Now; decides what is displayed, never an order
	// People knows names; nil is [contracts.Names]: ids are names.
	People People
	// MaxQueue is how many posts may wait to be written before further ones are
	// refused with [contracts.ErrBusy]. 0 is 4,096.
	MaxQueue int
	// MaxEdits is how often one message can be edited, EditFor how long after it was
	// written. 0 is 100 times and 24 hours; negative is without a limit.
	MaxEdits int
	EditFor  time.Duration
}

// Service is the library over one database. It is safe for concurrent use and
// owns nothing that needs closing: goroutines run only while posts wait.
type Service struct {
	db       *sqldb.DB
	log      zerolog.Logger
	clock    func() time.Time
	people   People
	maxQueue int
	maxEdits int
	editFor  time.Duration
	posts    postQueue
}

// New returns a Service over db, whose tables [sqldb.Migrate] has made.
func New(db *sqldb.DB, cfg Config) *Service {
	s := &Service{db: db, log: cfg.Log, clock: cfg.Now, people: cfg.People, maxQueue: cfg.MaxQueue, maxEdits: cfg.MaxEdits, editFor: cfg.EditFor}
	if s.people == nil {
		s.people = contracts.Names{}
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	if s.maxQueue <= 0 {
		s.maxQueue = 4096
	}
	if s.maxEdits == 0 {
		s.maxEdits = 100
	}
	if s.editFor == 0 {
		s.editFor = 24 * time.Hour
	}
	return s
}

// now returns the time in unix milliseconds, as tables hold it.
func (s *Service) now() int64 { return s.clock().UnixMilli() }

// write runs fn as one transaction. fn may run twice.
func (s *Service) write(ctx context.Context, what string, fn func(ctx context.Context, tx *sql.Tx) error) error {
	if err := s.db.Write(ctx, fn); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// at turns a table's time into one to show.
func at(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func atOrNil(ms sql.NullInt64) *time.Time {
	if !ms.Valid {
		return nil
	}
	t := at(ms.Int64)
	return &t
}

// errHidden is the one answer about a conversation that does not exist or that
// the actor does not take part in.
var errHidden = contracts.ErrNotFound.With("there is no such conversation, or you don't take part in it")

var errArchived = contracts.ErrArchived.With("the channel is archived: nobody can post").WithHint("Unarchive it first.")

var errNoMessage = contracts.ErrNotFound.With("there is no such message, or you don't take part in its conversation")

var errNoUser = contracts.ErrForbidden.With("this needs a user to act as").WithHint("Sign in, or name the user to act as.")

// mayRead is the first line of every reading method.
func mayRead(actor contracts.Actor) error {
	if !actor.Can(contracts.PermReadMessages) {
		return contracts.ErrForbidden.With("reading messages is not allowed").WithHint("The API token or the role lacks messages:read.")
	}
	return nil
}

// mayWrite is the first line of every method that writes in somebody's name.
func mayWrite(actor contracts.Actor) error {
	if !actor.Can(contracts.PermWriteMessages) {
		return contracts.ErrForbidden.With("writing messages is not allowed").WithHint("The API token or the role lacks messages:write.")
	}
	return mayAct(actor)
}

func mayAct(actor contracts.Actor) error {
	if actor.UserID == "" {
		return errNoUser
	}
	return nil
}
