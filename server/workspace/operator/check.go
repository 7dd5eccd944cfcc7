package operator

import (
	"context"
	"errors"
	"fmt"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
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

func (s *Session) checkFile(ctx context.Context, r *Report) (err error) {
	rows, err := s.DB.Read.QueryContext(ctx, `PRAGMA integrity_check(20)`)
	if err != nil {
		return fmt.Errorf("check the file: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return fmt.Errorf("check the file: %w", err)
		}
		if line != "ok" {
			r.Problems = append(r.Problems, line)
		}
	}
	if err := rows.Err(); err != nil {
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
	m := Migration{Current: true}
	o.Migrate = false
	s, err := Open(ctx, o)
	if err == nil { // all is as it should be
		m.Database, m.Engine = s.DB.URL(), string(s.DB.Dialect())
		return m, s.Close()
	}
	if !errors.Is(err, contracts.ErrUnavailable) {
		return m, err
	}
	url := o.url()
	missing := mustExist(url, false) != nil
	if o.DryRun {
		return Migration{Database: url, Created: missing}, nil
	}
	o.Migrate = true
	if s, err = Open(ctx, o); err != nil {
		return m, err
	}
	m.Database, m.Engine, m.Created = s.DB.URL(), string(s.DB.Dialect()), missing
	return m, s.Close()
}
