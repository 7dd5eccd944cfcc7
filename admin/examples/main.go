// Command examples changes a setting, records an act of its own, and verifies and
// prints the audit log. It is a module of its own, as a program outside would be.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	_ "modernc.org/sqlite"

	"github.com/dankerchat/dankerchat/admin"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "admin")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	db, err := sqldb.Open(ctx, "sqlite://"+dir+"/app.db", sqldb.Options{Sets: []sqldb.Set{eventlog.Migrations, admin.Migrations}})
	if err != nil {
		return err
	}
	defer db.Close()
	office := admin.New(db, admin.Config{}) // Config.Users, Channels and Messages take what your program keeps

	name := "Allotment society"
	if _, err := office.UpdateSettings(ctx, contracts.Operator, admin.SettingsUpdate{Name: &name}, 1); err != nil {
		return err
	}
	if err := office.Record(ctx, contracts.Operator, "gate.open", "north", nil, map[string]any{"until": "20:00"}); err != nil {
		return err
	}
	page, err := office.Audit(ctx, contracts.Operator, admin.AuditRequest{})
	if err != nil {
		return err
	}
	for _, entry := range page.Data {
		fmt.Printf("%d %s %s %s %s → %s\n", entry.Sequence, entry.Actor, entry.Action, entry.Target, entry.Before, entry.After)
	}
	report, err := office.VerifyAudit(ctx)
	fmt.Printf("%d entries, untouched: %t\n", report.Entries, report.OK)
	return err
}
