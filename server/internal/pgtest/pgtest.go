// Package pgtest gives the measuring and fault programs a PostgreSQL database of their
// own on the server that TEST_POSTGRES_URL names. The program imports the driver "pgx".
package pgtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"

	"github.com/dankerchat/dankerchat/contracts"
)

// Database makes a fresh database and returns its URL and what drops it.
func Database(ctx context.Context) (string, func(), error) {
	admin := os.Getenv("TEST_POSTGRES_URL")
	if admin == "" {
		return "", nil, errors.New("PostgreSQL is needed: set TEST_POSTGRES_URL, or go through make, which does")
	}
	u, err := url.Parse(admin)
	if err != nil {
		return "", nil, fmt.Errorf("TEST_POSTGRES_URL: %w", err)
	}
	db, err := sql.Open("pgx", admin)
	if err != nil {
		return "", nil, fmt.Errorf("open PostgreSQL: %w", err)
	}
	name := contracts.NewID("own")
	if _, err := db.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return "", nil, errors.Join(fmt.Errorf("create a database: %w", err), db.Close())
	}
	u.Path = "/" + name
	return u.String(), func() {
		_, _ = db.Exec("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)") //nolint:noctx // clean-up also after ctx has ended
		_ = db.Close()
	}, nil
}
