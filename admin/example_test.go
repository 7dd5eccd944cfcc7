package admin_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dankerchat/dankerchat/admin"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// The host is whatever keeps accounts, channels and messages: auth, channels and
// messaging in DankerChat, here what the tests use.
func Example() {
	ctx := context.Background()
	dir, _ := os.MkdirTemp("", "admin")
	defer func() { _ = os.RemoveAll(dir) }()
	db, err := sqldb.Open(ctx, "sqlite://"+filepath.Join(dir, "app.db"), sqldb.Options{Sets: []sqldb.Set{eventlog.Migrations, admin.Migrations}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = db.Close() }()
	host := &rest{users: map[string]contracts.User{"usr_ben": {ID: "usr_ben", Username: "ben", State: contracts.UserActive}}}
	service := admin.New(db, admin.Config{Users: host, Channels: host, Messages: host})

	name := "Allotment society"
	settings, err := service.UpdateSettings(ctx, contracts.Operator, admin.SettingsUpdate{Name: &name}, 1)
	fmt.Println(settings.Name, settings.Version, err)
	_, err = service.UpdateSettings(ctx, contracts.Operator, admin.SettingsUpdate{Name: &name}, 1)
	fmt.Println("on an old version:", contracts.CodeOf(err))
	ben, err := service.Suspend(ctx, contracts.Operator, "usr_ben")
	fmt.Println(ben.Username, ben.State, err)
	log, err := service.Audit(ctx, contracts.Operator, admin.AuditRequest{})
	if err != nil {
		fmt.Println(err)
	}
	for _, entry := range log.Data {
		fmt.Println(entry.Sequence, entry.Actor, entry.Action, entry.Target)
	}
	report, err := service.VerifyAudit(ctx)
	fmt.Println(report.Entries, report.OK, err)
	// Output:
	// Allotment society 2 <nil>
	// on an old version: precondition_failed
	// ben suspended <nil>
	// 2 operator user.suspend usr_ben
	// 1 operator settings.update workspace
	// 2 true <nil>
}
