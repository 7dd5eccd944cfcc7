package sqldb

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// role says what a pool's connections are for.
type role int

const (
	roleWrite   role = iota // the writer, and migrations
	roleRead                // DB.Read
	roleWatch               // Watch's held connection
	roleMigrate             // goose and the advisory lock
)

// engine is what differs between the two databases when they are opened.
type engine interface {
	dialect() Dialect
	redacted() string
	path() string
	readers() int
	prepare() error
	open(role) (*sql.DB, error)
}

const schemes = "Use sqlite:///absolute/path, sqlite:relative/path or postgres://user@host/database."

func parseURL(raw string, opts Options) (engine, error) {
	scheme, rest, ok := strings.Cut(raw, ":")
	switch {
	case !ok || raw == "":
		return nil, contracts.ErrInvalid.With("the database URL has no scheme").WithHint(schemes)
	case scheme == "sqlite":
		return parseSQLite(rest, opts)
	case scheme == "postgres" || scheme == "postgresql":
		u, err := url.Parse(raw)
		if err != nil {
			// The error of url.Parse holds the URL, and that may hold a password.
			return nil, contracts.ErrInvalid.With("the PostgreSQL URL cannot be parsed").WithHint(schemes)
		}
		if u.Host == "" && u.Path == "" {
			u.Path = "/" // "postgres://", all else by PGHOST, PGSERVICE, …: it would lose its slashes
		}
		return &postgres{url: u, opts: opts}, nil
	}
	return nil, contracts.ErrInvalid.With(fmt.Sprintf("unknown kind of database %q", scheme)).WithHint(schemes)
}

// requireDriver tells a programmer which import is missing.
func requireDriver(name, importPath string) error {
	if slices.Contains(sql.Drivers(), name) {
		return nil
	}
	return fmt.Errorf("no database driver %q in this program: import _ %q in its main package", name, importPath)
}

type sqlite struct {
	file string
	opts Options
}

func parseSQLite(rest string, opts Options) (engine, error) {
	path, absolute := strings.CutPrefix(rest, "//")
	switch {
	case absolute && !strings.HasPrefix(path, "/"):
		return nil, contracts.ErrInvalid.With("after sqlite:// comes an absolute path, that is a third slash").WithHint(schemes)
	case path == "" || path == "/":
		return nil, contracts.ErrInvalid.With("the SQLite URL names no file").WithHint(schemes)
	case strings.Contains(path, ":memory:"):
		return nil, contracts.ErrInvalid.With("an in-memory SQLite database cannot be shared between connections").WithHint("Use a file in a temporary folder.")
	case strings.ContainsAny(path, "?\x00"):
		return nil, contracts.ErrInvalid.With("a SQLite URL takes no parameters").WithHint(schemes)
	}
	abs, err := filepath.Abs(path) // so that a later change of folder moves nothing
	if err != nil {
		return nil, fmt.Errorf("resolve %q: %w", path, err)
	}
	return &sqlite{file: abs, opts: opts}, nil
}

func (s *sqlite) dialect() Dialect { return SQLite }
func (s *sqlite) redacted() string { return "sqlite://" + s.file }
func (s *sqlite) path() string     { return s.file }
func (s *sqlite) readers() int     { return 2 }

// prepare creates the file for its owner alone; SQLite gives -wal and -shm the
// same mode.
func (s *sqlite) prepare() error {
	if err := requireDriver("sqlite", "modernc.org/sqlite"); err != nil {
		return err
	}
	if s.opts.ReadOnly {
		if _, err := os.Stat(s.file); err != nil {
			return withCode(contracts.ErrUnavailable, err)
		}
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(s.file), 0o700); err != nil {
		return withCode(contracts.ErrUnavailable, fmt.Errorf("create the database's folder: %w", err))
	}
	f, err := os.OpenFile(s.file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return withCode(contracts.ErrUnavailable, fmt.Errorf("create the database file: %w", err))
	}
	return f.Close()
}

func (s *sqlite) open(r role) (*sql.DB, error) {
	pragmas := []string{
		"busy_timeout(" + strconv.FormatInt(s.opts.BusyTimeout.Milliseconds(), 10) + ")",
		"synchronous(FULL)", // NORMAL loses acknowledged rows in a power cut
		"cache_size(-2000)", // KiB: more costs memory and gains nothing measurable
		"foreign_keys(1)",
	}
	// Double-quoted strings are identifiers, as on PostgreSQL.
	q := url.Values{"_dqs": {"0"}}
	switch {
	case s.opts.ReadOnly:
		q.Set("mode", "ro")
		pragmas = append(pragmas, "query_only(1)")
	case r == roleRead || r == roleWatch:
		pragmas = append(pragmas, "query_only(1)")
	default:
		q.Set("_txlock", "immediate")
		// Savepoints keep their journals in memory: as files they took 18 % of a post's CPU.
		pragmas = append(pragmas, "journal_mode(WAL)", "journal_size_limit(67108864)", "temp_store(2)")
	}
	q["_pragma"] = pragmas
	dsn := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: s.file}).EscapedPath(), RawQuery: q.Encode()}).String()
	kept := 64
	if r == roleWrite {
		kept = 256
	}
	return openCached(dsn, kept)
}

type postgres struct {
	url  *url.URL
	opts Options
}

func (p *postgres) dialect() Dialect { return Postgres }
func (p *postgres) redacted() string { return p.url.Redacted() }
func (p *postgres) path() string     { return "" }
func (p *postgres) readers() int     { return 8 }
func (p *postgres) prepare() error   { return requireDriver("pgx", "github.com/jackc/pgx/v5/stdlib") }

func (p *postgres) open(r role) (*sql.DB, error) {
	u := *p.url
	q := u.Query()
	preset := func(key, value string) {
		if !q.Has(key) {
			q.Set(key, value)
		}
	}
	preset("application_name", "dankerchat")
	preset("connect_timeout", "5")
	switch {
	case r == roleMigrate: // waits for another process's migration as long as that takes
	case r == roleWrite:
		q.Set("lock_timeout", strconv.FormatInt(p.opts.BusyTimeout.Milliseconds(), 10))
		// A frozen process must not hold the write lock of all the others.
		q.Set("idle_in_transaction_session_timeout", strconv.FormatInt((batchDeadline+2*time.Second).Milliseconds(), 10))
	default:
		q.Set("default_transaction_read_only", "on")
	}
	if p.opts.ReadOnly {
		q.Set("default_transaction_read_only", "on")
	}
	u.RawQuery = q.Encode()
	open := func(dsn string) (*sql.DB, error) { return sql.Open("pgx", dsn) }
	if r == roleWrite {
		open = openHeads
	}
	db, err := open(u.String())
	if err != nil {
		return nil, contracts.ErrInvalid.With("the PostgreSQL URL is not valid").WithHint(schemes)
	}
	return db, nil
}
