package operator

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/server/workspace"
)

// Report is what [Session.Check] found.
type Report struct {
	Database    string   `json:"database"` // URL, a password replaced
	Engine      string   `json:"engine"`   // "sqlite" or "postgres"
	Epoch       string   `json:"epoch"`
	LogPosition int64    `json:"log_position"`
	Bytes       int64    `json:"bytes"`
	OK          bool     `json:"ok"`
	Problems    []string `json:"problems"`
}

// Check looks whether the database can be read and whether its file is sound:
// SQLite's integrity and foreign keys. It may take minutes on a large file. What is
// wrong with the database stands in Problems; err is about looking.
func (s *Session) Check(ctx context.Context) (Report, error) {
	r := Report{Database: s.DB.URL(), Engine: string(s.DB.Dialect()), Problems: []string{}}
	if err := s.DB.Ping(ctx); err != nil {
		return r, err
	}
	head, err := eventlog.Head(ctx, s.DB.Read)
	if err != nil {
		return r, err
	}
	stats, err := s.Admin.Stats(ctx, contracts.Operator)
	if err != nil {
		return r, err
	}
	r.Epoch, r.LogPosition, r.Bytes = head.Epoch, head.Position, stats.DatabaseBytes
	if s.DB.Dialect() == sqldb.SQLite {
		if err := s.checkFile(ctx, &r); err != nil {
			return r, err
		}
	}
	r.OK = len(r.Problems) == 0
	return r, nil
}

func (s *Session) checkFile(ctx context.Context, r *Report) error {
	err := sqldb.Each(ctx, s.DB.Read, `PRAGMA integrity_check(20)`, nil, func(scan sqldb.Scan) error {
		var line string
		if err := scan(&line); err != nil {
			return err
		}
		if line != "ok" {
			r.Problems = append(r.Problems, line)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("check the file: %w", err)
	}
	var broken int64
	if err := s.DB.Read.QueryRowContext(ctx, `SELECT count(*) FROM pragma_foreign_key_check`).Scan(&broken); err != nil {
		return fmt.Errorf("check foreign keys: %w", err)
	}
	if broken > 0 {
		r.Problems = append(r.Problems, fmt.Sprintf("%d rows refer to something that is not there", broken))
	}
	return nil
}

// Migration is what [Migrate] did.
type Migration struct {
	Database string `json:"database"`
	Engine   string `json:"engine"`
	Created  bool   `json:"created"` // there was no database before
	Current  bool   `json:"current"` // the schema is now what this program needs; false only in a dry run
}

// Migrate brings a database to the schema of this program, making it when there is
// none. A dry run only looks. Errors as [Open].
func Migrate(ctx context.Context, o Options) (Migration, error) {
	address := o.address()
	m := Migration{Database: redacted(address), Engine: string(sqldb.Postgres)}
	if strings.HasPrefix(address, "sqlite:") {
		m.Engine = string(sqldb.SQLite)
	}
	err := mustExist(address, false)
	switch {
	case err == nil:
		if m.Current, err = current(ctx, address); err != nil {
			return m, err
		}
	case errors.Is(err, errMissing):
		m.Created = true
	default:
		return m, err
	}
	if m.Current || o.DryRun {
		return m, nil
	}
	o.Migrate = true
	s, err := Open(ctx, o)
	if err != nil {
		return m, err
	}
	m.Current = true
	return m, s.Close()
}

// current tells whether a database has this program's schema, and changes nothing.
func current(ctx context.Context, address string) (ok bool, err error) {
	db, err := sqldb.Open(ctx, address, sqldb.Options{ReadOnly: true, BusyTimeout: busyTimeout})
	if err != nil {
		return false, Unopened(address, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if ok, err = sqldb.Current(ctx, db, workspace.Sets()...); err != nil {
		return false, Unopened(address, err)
	}
	return ok, nil
}
