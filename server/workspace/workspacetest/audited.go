// Package workspacetest holds what tests of several programs ask of a workspace.
package workspacetest

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// Audited proves of an act that it stands or falls with its audit entry. First the
// audit log takes no entries: the act must fail, and no row that it is about may have
// changed. Then the log takes them again: the same act must succeed and write exactly
// one entry, which is returned.
func Audited(tb testing.TB, db *sqldb.DB, act func() error) contracts.Audit {
	tb.Helper()
	before := dump(tb, db)
	exec(tb, db, `ALTER TABLE audit_log RENAME TO audit_log_closed`)
	err := act()
	exec(tb, db, `ALTER TABLE audit_log_closed RENAME TO audit_log`)
	if err == nil {
		tb.Error("the act succeeds while the audit log takes no entry")
	}
	if after := dump(tb, db); after != before {
		tb.Errorf("the act stands without an audit entry:\n%s", difference(before, after))
	}
	last := newest(tb, db)
	if err := act(); err != nil {
		tb.Fatalf("the act fails: %v", err)
	}
	if after := dump(tb, db); after == before {
		tb.Error("the act changes nothing")
	}
	entry := newest(tb, db)
	if n := entry.Sequence - last.Sequence; n != 1 {
		tb.Fatalf("the act writes %d audit entries, not one", n)
	}
	return entry
}

func exec(tb testing.TB, db *sqldb.DB, statement string) {
	tb.Helper()
	err := db.Write(tb.Context(), func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, statement)
		return err
	})
	if err != nil {
		tb.Fatalf("%s: %v", statement, err)
	}
}

func newest(tb testing.TB, db *sqldb.DB) (a contracts.Audit) {
	tb.Helper()
	err := db.Read.QueryRowContext(tb.Context(), `SELECT h.sequence, coalesce(l.actor, ''), coalesce(l.action, ''), coalesce(l.target, ''), coalesce(l.ip, '')
		FROM audit_head h LEFT JOIN audit_log l ON l.sequence = h.sequence`).Scan(&a.Sequence, &a.Actor, &a.Action, &a.Target, &a.IP)
	if err != nil {
		tb.Fatalf("read the audit log: %v", err)
	}
	return a
}

// acted are the tables that acts are about, without what mere use moves: when a
// session or token was last used, and when a user was last seen.
var acted = []string{
	`users: id, username, display_name, email, role, state, bot`,
	`credentials: user_id, hash`,
	`sessions: id, user_id`,
	`mfa_totp: user_id, confirmed_at`,
	`recovery_codes: user_id, code_hash, used_at`,
	`api_tokens: id, user_id, name, scopes`,
	`invites: id, role, channels, max_uses, uses, created_by, revoked_at`,
	`signing_keys: id, retired_at, expires_at`,
	`channels: id, name, kind, archived_at, member_count`,
	`channel_members: channel_id, user_id, role`,
	`messages: id, deleted_at`,
	`settings: id, name, registration, retention_days, version`,
	`audit_head: id, sequence, hash`,
	`events: position, type`,
}

// dump is the contents of those tables, a row a line.
func dump(tb testing.TB, db *sqldb.DB) string {
	tb.Helper()
	var b strings.Builder
	for _, what := range acted {
		table, columns, _ := strings.Cut(what, ": ")
		values := make([]any, strings.Count(columns, ",")+1)
		pointers := make([]any, len(values))
		for i := range values {
			pointers[i] = &values[i]
		}
		query := `SELECT ` + columns + ` FROM ` + table + ` ORDER BY ` + columns
		err := sqldb.Each(tb.Context(), db.Read, query, nil, func(scan sqldb.Scan) error {
			err := scan(pointers...)
			fmt.Fprintln(&b, table, values)
			return err
		})
		if err != nil {
			tb.Fatalf("read %s: %v", table, err)
		}
	}
	return b.String()
}

// difference is the lines that only one of two dumps has.
func difference(before, after string) string {
	var b strings.Builder
	only := func(sign, text, other string) {
		for line := range strings.Lines(text) {
			if !strings.Contains(other, line) {
				b.WriteString(sign + line)
			}
		}
	}
	only("- ", before, after)
	only("+ ", after, before)
	return b.String()
}
