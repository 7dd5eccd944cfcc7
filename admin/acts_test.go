package admin_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/admin"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/expect"
)

func TestActsOnPeopleAreAudited(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, id := t.Context(), w.member.UserID
		u := expect.OK(w.SetRole(ctx, w.owner, id, contracts.RoleAdmin))(t)
		expect.Equal(t, "role", u.Role, "admin")
		expect.OK(w.SetRole(ctx, w.owner, id, contracts.RoleAdmin))(t)
		expect.Equal(t, "state", expect.OK(w.Suspend(ctx, w.owner, id))(t).State, "suspended")
		expect.Equal(t, "state", expect.OK(w.Restore(ctx, contracts.Operator, id))(t).State, "active")
		expect.Equal(t, "audit log", strings.Join(w.log(), "\n"), strings.Join([]string{
			`1 owner user.role {"role":"member","state":"active","username":"member"} {"role":"admin","state":"active","username":"member"}`,
			`2 owner user.suspend {"role":"admin","state":"active","username":"member"} {"role":"admin","state":"suspended","username":"member"}`,
			`3 operator user.restore {"role":"admin","state":"suspended","username":"member"} {"role":"admin","state":"active","username":"member"}`,
		}, "\n"))
		_, err := w.Suspend(ctx, w.owner, "usr_nobody")
		expect.Code(t, "nobody", err, contracts.CodeNotFound)
		w.rest.fail = contracts.ErrLastOwner
		_, err = w.SetRole(ctx, w.owner, w.owner.UserID, contracts.RoleMember)
		expect.Code(t, "the last owner", err, contracts.CodeLastOwner)
		expect.Equal(t, "what was refused is no act", len(w.log()), 3)
	})
}

func TestActsOnChannelsAreAudited(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, id := t.Context(), w.rest.channel.ID
		w.rest.owners = []string{"usr_a", "usr_b"}
		expect.Equal(t, "archived", expect.OK(w.ArchiveChannel(ctx, w.admin, id))(t).Archived, true)
		expect.OK(w.ArchiveChannel(ctx, w.admin, id))(t)
		expect.Equal(t, "archived", expect.OK(w.UnarchiveChannel(ctx, w.admin, id))(t).Archived, false)
		expect.OK(w.SetChannelOwner(ctx, w.admin, id, w.member.UserID))(t)
		expect.OK(w.SetChannelOwner(ctx, w.admin, id, w.member.UserID))(t)
		expect.Equal(t, "audit log", strings.Join(w.log(), "\n"), strings.Join([]string{
			`1 admin channel.archive {"archived":false,"name":"room"} {"archived":true,"name":"room"}`,
			`2 admin channel.unarchive {"archived":true,"name":"room"} {"archived":false,"name":"room"}`,
			`3 admin channel.owner {"name":"room","owners":["usr_a","usr_b"]} {"name":"room","owners":["` + w.member.UserID + `"]}`,
		}, "\n"))
		_, err := w.SetChannelOwner(ctx, w.admin, id, "usr_nobody")
		expect.Code(t, "nobody becomes owner", err, contracts.CodeNotFound)
		expect.OK(w.Suspend(ctx, w.owner, w.member.UserID))(t)
		_, err = w.SetChannelOwner(ctx, w.admin, id, w.member.UserID)
		expect.Code(t, "one who is suspended becomes owner", err, contracts.CodeConflict)
	})
}

func TestOnlyWhoMayActs(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, id := t.Context(), w.rest.channel.ID
		token := w.owner
		token.Scopes = []string{"channels:read", "messages:write"}
		guest := w.user("guest", contracts.RoleGuest)
		for _, actor := range []contracts.Actor{w.member, guest, token, {}} {
			for what, act := range map[string]func() error{
				"role":      func() error { _, err := w.SetRole(ctx, actor, w.admin.UserID, contracts.RoleMember); return err },
				"suspend":   func() error { _, err := w.Suspend(ctx, actor, w.admin.UserID); return err },
				"restore":   func() error { _, err := w.Restore(ctx, actor, w.admin.UserID); return err },
				"archive":   func() error { _, err := w.ArchiveChannel(ctx, actor, id); return err },
				"unarchive": func() error { _, err := w.UnarchiveChannel(ctx, actor, id); return err },
				"owner":     func() error { _, err := w.SetChannelOwner(ctx, actor, id, w.member.UserID); return err },
				"retention": func() error { _, err := w.RunRetention(ctx, actor, true); return err },
				"stats":     func() error { _, err := w.Stats(ctx, actor); return err },
				"audit":     func() error { _, err := w.Audit(ctx, actor, admin.AuditRequest{}); return err },
			} {
				expect.Code(t, what+" by "+string(actor.Role), act(), contracts.CodeForbidden)
			}
		}
		expect.Equal(t, "audit log", w.log(), "[]")
	})
}

func TestRetention(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		day := 24 * time.Hour
		w.rest.messages = []time.Time{w.now.Add(-40 * day), w.now.Add(-31 * day), w.now.Add(-29 * day), w.now}
		report := expect.OK(w.RunRetention(ctx, w.admin, false))(t)
		if report.Days != 0 || report.Messages != 0 || report.Before != nil || len(w.rest.messages) != 4 {
			t.Errorf("kept for ever: %+v", report)
		}
		expect.OK(w.UpdateSettings(ctx, w.admin, admin.SettingsUpdate{RetentionDays: ptr(int64(30))}, 0))(t)
		report = expect.OK(w.RunRetention(ctx, w.admin, true))(t)
		if report.Messages != 2 || !report.DryRun || report.Before == nil || len(w.rest.messages) != 4 || len(w.log()) != 1 {
			t.Errorf("dry run: %+v, log %v", report, w.log())
		}
		report = expect.OK(w.RunRetention(ctx, w.admin, false))(t)
		if report.Messages != 2 || report.DryRun || len(w.rest.messages) != 2 || w.now.Sub(*report.Before).Round(time.Minute) != 30*day {
			t.Errorf("run: %+v", report)
		}
		if log := w.log(); len(log) != 3 || !strings.Contains(log[1], "retention.run") || !strings.Contains(log[2], `retention.done`) || !strings.Contains(log[2], `"messages":2`) {
			t.Errorf("audit log %v", log)
		}
		w.rest.fail = errors.New("broken")
		if _, err := w.RunRetention(ctx, w.admin, false); !errors.Is(err, w.rest.fail) {
			t.Errorf("a run that breaks off: %v", err)
		}
		if log := w.log(); len(log) != 4 || !strings.Contains(log[3], "retention.run") {
			t.Errorf("a run that broke off shows: %v", log)
		}
	})
}

func TestStats(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		expect.OK(w.UpdateSettings(ctx, w.admin, admin.SettingsUpdate{Name: ptr("Acme")}, 0))(t)
		w.rest.messages = make([]time.Time, 5)
		stats := expect.OK(w.Stats(ctx, w.admin))(t)
		if stats.Users != 3 || stats.Messages != 5 || stats.LogPosition != 1 || stats.DatabaseBytes < 50_000 || stats.DatabaseBytes > 1<<30 {
			t.Errorf("statistics %+v", stats)
		}
		w.rest.fail = errors.New("broken")
		if _, err := w.Stats(ctx, w.admin); !errors.Is(err, w.rest.fail) {
			t.Errorf("a counter that fails: %v", err)
		}
	})
}
