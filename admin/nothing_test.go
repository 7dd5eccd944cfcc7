package admin_test

import (
	"testing"

	"github.com/dankerchat/dankerchat/admin"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/expect"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

// A program that keeps no accounts, channels or messages has settings and an audit log; acts
// on what is not kept find nothing, and leave no entry.
func TestAdminAlone(t *testing.T) {
	t.Parallel()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx, s := t.Context(), admin.New(db, admin.Config{})
		name, id := "Allotment society", contracts.NewID(contracts.PrefixUser)
		expect.OK(s.UpdateSettings(ctx, contracts.Operator, admin.SettingsUpdate{Name: &name}, 1))(t)
		for what, act := range map[string]func() error{
			"role":      func() error { _, err := s.SetRole(ctx, contracts.Operator, id, contracts.RoleAdmin); return err },
			"suspend":   func() error { _, err := s.Suspend(ctx, contracts.Operator, id); return err },
			"restore":   func() error { _, err := s.Restore(ctx, contracts.Operator, id); return err },
			"archive":   func() error { _, err := s.ArchiveChannel(ctx, contracts.Operator, id); return err },
			"unarchive": func() error { _, err := s.UnarchiveChannel(ctx, contracts.Operator, id); return err },
			"owner":     func() error { _, err := s.SetChannelOwner(ctx, contracts.Operator, id, id); return err },
		} {
			expect.Code(t, what, act(), contracts.CodeNotFound)
		}
		expect.OK(s.RunRetention(ctx, contracts.Operator, false))(t)
		report := expect.OK(s.VerifyAudit(ctx))(t)
		expect.Equal(t, "audit log", []any{report.Entries, report.OK}, []any{1, true})
	}, admin.Migrations)
}
