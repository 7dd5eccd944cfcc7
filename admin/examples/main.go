// Command examples runs the administration over accounts of its own: it changes a
// setting, suspends an account, and verifies and prints the audit log.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite"

	"github.com/dankerchat/dankerchat/admin"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "admin-example")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	db, err := sqldb.Open(ctx, "sqlite://"+filepath.Join(dir, "app.db"), sqldb.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := sqldb.Migrate(ctx, db, eventlog.Migrations, admin.Migrations); err != nil {
		return err
	}
	h := &host{user: contracts.User{ID: "usr_ben", Username: "ben", Role: contracts.RoleMember, State: contracts.UserActive}}
	service := admin.New(db, admin.Config{Users: h, Channels: h, Messages: h})

	name := "Allotment society"
	if _, err := service.UpdateSettings(ctx, contracts.Operator, admin.SettingsUpdate{Name: &name}, 1); err != nil {
		return err
	}
	if _, err := service.Suspend(ctx, contracts.Operator, "usr_ben"); err != nil {
		return err
	}
	log, err := service.Audit(ctx, contracts.Operator, admin.AuditRequest{})
	if err != nil {
		return err
	}
	for _, entry := range log.Data {
		fmt.Printf("%d %s %s %s %s → %s\n", entry.Sequence, entry.Actor, entry.Action, entry.Target, entry.Before, entry.After)
	}
	report, err := service.VerifyAudit(ctx)
	fmt.Printf("%d entries, untouched: %t\n", report.Entries, report.OK)
	return err
}
