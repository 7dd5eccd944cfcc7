package sqldb

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"sort"

	"github.com/pressly/goose/v3"

	"github.com/dankerchat/dankerchat/contracts"
)

// Set is the migrations of one library: goose SQL files named 00001_noun.sql at the
// root of FS. Files in a folder sqlite/ or postgres/ apply to that engine alone;
// their versions must not repeat one of the root. What was applied is kept in the
// table goose_<Name>.
type Set struct {
	Name string
	FS   fs.FS
}

// NewSet is the set of a library that embeds its folder migrations.
func NewSet(name string, files embed.FS) Set {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the path is a constant
	}
	return Set{Name: name, FS: sub}
}

//go:embed migrations
var ownFiles embed.FS

var ownSet = NewSet("sqldb", ownFiles)

// advisoryLock is the key of PostgreSQL's advisory lock for migrations: "dankchat".
const advisoryLock = 0x64616e6b63686174

var setName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// Migrate brings the schema up to date: this package's own set first, then sets in
// the order given. It looks first and takes no lock when all is current; otherwise
// one lock for all, under which it looks again. Any number of processes may call it
// at once, and as often as they like.
//
// A schema newer than this program is refused with [contracts.ErrSchemaNewer], and
// nothing is changed.
func Migrate(ctx context.Context, db *DB, sets ...Set) error {
	plan := make([]plannedSet, 0, len(sets)+1)
	for _, s := range append([]Set{ownSet}, sets...) {
		p, err := planSet(s, db.Dialect())
		if err != nil {
			return err
		}
		plan = append(plan, p)
	}
	current, err := isCurrent(ctx, db.Read, db.Dialect(), plan)
	if err != nil || current {
		return err
	}
	if db.options.ReadOnly {
		return contracts.ErrForbidden.With("the schema is out of date and the database was opened for reading only")
	}
	pool, err := db.engine.open(roleMigrate)
	if err != nil {
		return err
	}
	defer func() { _ = pool.Close() }()
	unlock, err := lockMigrations(ctx, db, pool)
	if err != nil {
		return err
	}
	defer unlock()
	if current, err = isCurrent(ctx, pool, db.Dialect(), plan); err != nil || current {
		return err
	}
	for _, p := range plan {
		if err := p.up(ctx, pool, db.Dialect()); err != nil {
			return err
		}
	}
	return nil
}

// Current tells, without changing anything, whether the schema has all that sets
// need; a newer one is refused with [contracts.ErrSchemaNewer].
func Current(ctx context.Context, db *DB, sets ...Set) (bool, error) {
	plan := make([]plannedSet, 0, len(sets)+1)
	for _, s := range append([]Set{ownSet}, sets...) {
		p, err := planSet(s, db.Dialect())
		if err != nil {
			return false, err
		}
		plan = append(plan, p)
	}
	return isCurrent(ctx, db.Read, db.Dialect(), plan)
}

func lockMigrations(ctx context.Context, db *DB, pool *sql.DB) (unlock func(), err error) {
	if db.Dialect() == SQLite {
		return lockFile(ctx, db.Path()+".migrate")
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("lock migrations: %w", classify(err))
	}
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, int64(advisoryLock)); err != nil {
		return nil, errors.Join(fmt.Errorf("lock migrations: %w", classify(err)), discard(conn))
	}
	return func() { _ = discard(conn) }, nil // the lock goes with its connection
}

type plannedSet struct {
	Set
	versions []int64
}

func planSet(s Set, d Dialect) (plannedSet, error) {
	if !setName.MatchString(s.Name) || s.FS == nil {
		return plannedSet{}, fmt.Errorf("migration set %q: the name must be lower-case letters, digits and _, and FS must be set", s.Name)
	}
	s.FS = overlay{root: s.FS, dialect: string(d)}
	names, err := fs.Glob(s.FS, "*.sql")
	if err != nil {
		return plannedSet{}, fmt.Errorf("migrations of %s: %w", s.Name, err)
	}
	p := plannedSet{Set: s}
	for _, name := range names {
		v, err := goose.NumericComponent(name)
		if err != nil {
			return plannedSet{}, fmt.Errorf("migrations of %s: %s: %w", s.Name, name, err)
		}
		p.versions = append(p.versions, v)
	}
	if len(p.versions) == 0 {
		return plannedSet{}, fmt.Errorf("migrations of %s: no .sql file at the root of its FS", s.Name)
	}
	sort.Slice(p.versions, func(i, j int) bool { return p.versions[i] < p.versions[j] })
	return p, nil
}

// isCurrent tells whether every set is applied, and refuses a newer schema.
func isCurrent(ctx context.Context, q *sql.DB, d Dialect, plan []plannedSet) (bool, error) {
	current := true
	for _, p := range plan {
		applied, err := p.applied(ctx, q, d)
		if err != nil {
			return false, fmt.Errorf("look at the schema of %s: %w", p.Name, classify(err))
		}
		newest := p.versions[len(p.versions)-1]
		for v := range applied {
			if v > newest {
				return false, contracts.ErrSchemaNewer.With(fmt.Sprintf(
					"the schema of %s has version %d, this program knows %d", p.Name, v, newest))
			}
		}
		for _, v := range p.versions {
			current = current && applied[v]
		}
	}
	return current, nil
}

func (p plannedSet) table() string { return "goose_" + p.Name }

func (p plannedSet) applied(ctx context.Context, q *sql.DB, d Dialect) (map[int64]bool, error) {
	exists := `SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = $1`
	if d == Postgres {
		exists = `SELECT count(*) FROM pg_class WHERE oid = to_regclass($1)`
	}
	var n int
	if err := q.QueryRowContext(ctx, exists, p.table()).Scan(&n); err != nil || n == 0 {
		return nil, err
	}
	rows, err := q.QueryContext(ctx, `SELECT version_id FROM `+p.table()+` WHERE is_applied`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	applied := map[int64]bool{}
	for rows.Next() {
		var v int64
		if err := rows.Scan(&v); err != nil {
			return nil, err
		}
		applied[v] = true
	}
	return applied, rows.Err()
}

func (p plannedSet) up(ctx context.Context, pool *sql.DB, d Dialect) error {
	dialect := goose.DialectSQLite3
	if d == Postgres {
		dialect = goose.DialectPostgres
	}
	provider, err := goose.NewProvider(dialect, pool, p.FS,
		goose.WithTableName(p.table()), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("migrations of %s: %w", p.Name, err)
	}
	if _, err := provider.Up(ctx); err != nil {
		where := p.Name
		var partial *goose.PartialError
		if errors.As(err, &partial) && partial.Failed != nil && partial.Failed.Source != nil {
			where += ", " + partial.Failed.Source.Path
		}
		return fmt.Errorf("migrate %s: %w", where, classify(err))
	}
	return nil
}

// overlay is a set's root together with its folder for one engine.
type overlay struct {
	root    fs.FS
	dialect string
}

func (o overlay) Open(name string) (fs.File, error) {
	f, err := o.root.Open(o.dialect + "/" + name)
	if name == "." || errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			_ = f.Close()
		}
		return o.root.Open(name)
	}
	return f, err
}

// ReadDir lists the root's files and the folder's.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(o.root, name)
	if err != nil || name != "." {
		return entries, err
	}
	more, err := fs.ReadDir(o.root, o.dialect)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	entries = append(entries, more...)
	sort.Slice(entries, func(i, j int) bool { return entries[i].Name() < entries[j].Name() })
	return entries, nil
}
