// Package operator is what the command lines share that work on the database
// itself: opening the workspace as the operator or in a user's name ([Open]),
// finding what people name (#channel, @user, an id), and following the log
// ([Session.Follow]). It prints nothing and knows no command line.
package operator

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/messaging"
	"github.com/dankerchat/dankerchat/server/pgbus"
	"github.com/dankerchat/dankerchat/server/workspace"
)

// busyTimeout is how long a tool waits for the write lock beside a busy server.
const busyTimeout = 30 * time.Second

// Options say which database and in whose name.
type Options struct {
	URL string // "" is [workspace.DefaultURL]
	As  string // a user's name, id or "@name"; "" is the operator
	// Migrate brings the schema up to date, and makes the database if there is none.
	// Without it neither happens: see the errors of [Open].
	Migrate bool
	DryRun  bool // changes are checked and shown, and rolled back
	// PepperFile holds what password hashes need besides the database, see
	// [workspace.LoadPeppers]; "" is none.
	PepperFile string
	Log        zerolog.Logger
	// Nearest returns the one of names that was meant by typed, or "": for the hints
	// of what is not found. nil gives no such hints.
	Nearest func(typed string, names []string) string
}

// Session is an open workspace and on whose behalf it is used.
type Session struct {
	*workspace.Workspace
	Actor   contracts.Actor
	nearest func(typed string, names []string) string
	bus     *pgbus.Bus   // nil on SQLite, where servers see a commit at once
	head    atomic.Int64 // of the log after the last commit of this session; 0 for none
	log     zerolog.Logger
}

// Open opens the workspace. Nothing is created unless Migrate is set: there
// [Migrate] is the function to call.
//
// Errors: [contracts.ErrUnavailable] with a hint when there is no database or it
// lacks tables, [contracts.ErrSchemaNewer], [contracts.ErrNotFound] for an unknown
// user in As, [contracts.ErrSuspended] for one who may do nothing.
func Open(ctx context.Context, o Options) (*Session, error) {
	address := o.address()
	if !o.Migrate {
		if err := mustExist(address, o.URL == ""); err != nil {
			return nil, err
		}
	}
	cfg := workspace.Config{URL: address, Log: o.Log, BusyTimeout: busyTimeout, Migrate: o.Migrate, DryRun: o.DryRun}
	if o.PepperFile != "" {
		var err error
		if cfg.Auth.Peppers, err = workspace.LoadPeppers(o.PepperFile); err != nil {
			return nil, err
		}
	}
	w, err := workspace.Open(ctx, cfg)
	if err != nil {
		return nil, Unopened(address, err)
	}
	s := &Session{Workspace: w, Actor: contracts.Operator, nearest: o.Nearest, log: o.Log}
	if w.DB.Dialect() == sqldb.Postgres {
		s.bus = pgbus.New(address, o.Log)
		w.DB.OnCommit(func(head int64, _ []any) { s.head.Store(head) })
	}
	if o.As != "" {
		if s.Actor, err = s.actor(ctx, o.As); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// Unopened says what is wrong with a database that cannot be opened, where the
// library knows only that it is unavailable. It shows no password.
func Unopened(address string, err error) error {
	var e *contracts.Error
	if !errors.As(err, &e) || e.Code != contracts.CodeUnavailable || e.Message != contracts.ErrUnavailable.Message {
		return err
	}
	hint := "Is it a database of DankerChat, and may you read and write it?"
	if !strings.HasPrefix(address, "sqlite:") {
		hint = "Is PostgreSQL running there, and are database, user and password right?"
	}
	return fmt.Errorf("%w: %w", contracts.ErrUnavailable.With("cannot open "+redacted(address)+": "+once(cause(err))).WithHint(hint), err)
}

// cause is the text of the innermost error that is not one of ours.
func cause(err error) string {
	switch x := err.(type) { //nolint:errorlint // walking the chain
	case interface{ Unwrap() []error }:
		list := x.Unwrap()
		return cause(list[len(list)-1])
	case interface{ Unwrap() error }:
		if inner := x.Unwrap(); inner != nil && !errors.As(inner, new(*contracts.Error)) {
			return inner.Error()
		} else if inner != nil {
			return cause(inner)
		}
	}
	return err.Error()
}

// once leaves out the lines that repeat the one before them: PostgreSQL's driver tries
// an address with and without TLS and fails twice for one reason.
func once(text string) string {
	return strings.Join(slices.Compact(strings.Split(text, "\n")), "; ")
}

// redacted is a database URL without its password.
func redacted(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		scheme, _, _ := strings.Cut(raw, ":")
		return scheme + ":…"
	}
	return u.Redacted()
}

// hintWithin bounds the wait for a hint to servers, which poll the log anyway.
const hintWithin = 2 * time.Second

// Close tells running servers that there is something new, and closes the workspace.
func (s *Session) Close() error {
	if s.bus != nil {
		if head := s.head.Load(); head > 0 {
			ctx, cancel := context.WithTimeout(context.Background(), hintWithin)
			defer cancel()
			if err := s.bus.Publish(ctx, messaging.Hint{Instance: "operator", Head: head}); err != nil {
				s.log.Debug().Err(err).Msg("no hint to servers; they will look by themselves")
			}
		}
		if err := s.bus.Close(); err != nil {
			s.log.Debug().Err(err).Msg("close the bus")
		}
	}
	return s.Workspace.Close()
}

func (o Options) address() string {
	if o.URL == "" {
		return workspace.DefaultURL()
	}
	return o.URL
}

var errMissing = errors.New("no file")

// mustExist refuses a SQLite file that is not there: a tool that only wants to read
// must not leave an empty database behind.
func mustExist(address string, found bool) error {
	path, ok := strings.CutPrefix(address, "sqlite:")
	if !ok {
		return nil
	}
	path = strings.TrimPrefix(path, "//")
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		hint := "Check the path after --db."
		if found {
			hint = "Start DankerChat once (make run, or dankerchatd serve), or name its database with --db, DANKERCHAT_DB or DANKERCHAT_DATA_DIR."
		}
		return fmt.Errorf("%w: %w", contracts.ErrUnavailable.With("there is no database at "+path).WithHint(hint), errMissing)
	case err != nil:
		return contracts.ErrUnavailable.With(fmt.Sprintf("cannot look at the database %s: %v", path, errors.Unwrap(err)))
	case info.IsDir():
		return contracts.ErrInvalid.With(path + " is a folder, not a database").WithHint("Name the file: sqlite://" + path + "/dankerchat.db")
	}
	return nil
}

func (s *Session) actor(ctx context.Context, as string) (contracts.Actor, error) {
	u, err := s.User(ctx, as)
	switch {
	case err != nil:
		return contracts.Actor{}, err
	case u.State != contracts.UserActive:
		return contracts.Actor{}, contracts.ErrSuspended.With("@" + u.Username + " is suspended and may do nothing")
	}
	return contracts.Actor{UserID: u.ID, Username: u.Username, Role: u.Role}, nil
}
