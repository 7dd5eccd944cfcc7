package admin_test

import (
	"context"
	"database/sql"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/dankerchat/dankerchat/admin"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/expect"
)

func ptr[T any](v T) *T { return &v }

func TestSettings(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		first := expect.OK(w.Settings(ctx))(t)
		if first.Name == "" || first.Registration != admin.RegistrationInvite || first.RetentionDays != 0 || first.Version != 1 {
			t.Errorf("at first %+v", first)
		}
		second := expect.OK(w.UpdateSettings(ctx, w.admin, admin.SettingsUpdate{Name: ptr(" Acme "), RetentionDays: ptr(int64(30))}, first.Version))(t)
		if second.Name != "Acme" || second.RetentionDays != 30 || second.Registration != first.Registration || second.Version != 2 || second.UpdatedAt.Year() != 2026 {
			t.Errorf("changed %+v", second)
		}
		if read := expect.OK(w.Settings(ctx))(t); !reflect.DeepEqual(read, second) {
			t.Errorf("read %+v, answered %+v", read, second)
		}
		_, err := w.UpdateSettings(ctx, w.owner, admin.SettingsUpdate{Name: ptr("Late")}, first.Version)
		expect.Code(t, "on an old version", err, contracts.CodePrecondition)
		var own *contracts.Error
		if errors.As(err, &own) && own.Hint == "" {
			t.Error("the refusal has no hint")
		}
		same := expect.OK(w.UpdateSettings(ctx, w.owner, admin.SettingsUpdate{Name: ptr("Acme")}, 2))(t)
		if !reflect.DeepEqual(same, second) {
			t.Errorf("a change of nothing: %+v", same)
		}
		expect.OK(w.UpdateSettings(ctx, contracts.Operator, admin.SettingsUpdate{Registration: ptr(admin.RegistrationClosed)}, 0))(t)
		expect.Equal(t, "audit log", strings.Join(w.log(), "\n"), strings.Join([]string{
			`1 admin settings.update {"name":"DankerChat","profile_fields":[],"registration":"invite","registration_domains":[],"require_second_factor":[],"retention_days":0} {"name":"Acme","profile_fields":[],"registration":"invite","registration_domains":[],"require_second_factor":[],"retention_days":30}`,
			`2 operator settings.update {"name":"Acme","profile_fields":[],"registration":"invite","registration_domains":[],"require_second_factor":[],"retention_days":30} {"name":"Acme","profile_fields":[],"registration":"closed","registration_domains":[],"require_second_factor":[],"retention_days":30}`,
		}, "\n"))
		expect.Equal(t, "events", w.events(), `settings.changed ws {"name":"Acme","profile_fields":[]}, settings.changed ws {"name":"Acme","profile_fields":[]}`)
	})
}

func TestSettingsRefuse(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		for _, test := range []struct {
			what  string
			input admin.SettingsUpdate
			field string
		}{
			{"an empty name", admin.SettingsUpdate{Name: ptr("  ")}, "/name"},
			{"81 characters", admin.SettingsUpdate{Name: ptr(strings.Repeat("ü", 81))}, "/name"},
			{"two lines", admin.SettingsUpdate{Name: ptr("a\nb")}, "/name"},
			{"text turned around", admin.SettingsUpdate{Name: ptr("a\u202eb")}, "/name"},
			{"nothing to be seen", admin.SettingsUpdate{Name: ptr("\u200b")}, "/name"},
			{"broken UTF-8", admin.SettingsUpdate{Name: ptr("\xff")}, "/name"},
			{"a strange registration", admin.SettingsUpdate{Registration: ptr("maybe")}, "/registration"},
			{"by domain, without one", admin.SettingsUpdate{Registration: ptr("domain")}, "/registration_domains"},
			{"no domain", admin.SettingsUpdate{RegistrationDomains: &[]string{"example"}}, "/registration_domains"},
			{"an address", admin.SettingsUpdate{RegistrationDomains: &[]string{"me@example.org"}}, "/registration_domains"},
			{"two in one", admin.SettingsUpdate{RegistrationDomains: &[]string{"example.org,example.com"}}, "/registration_domains"},
			{"days below zero", admin.SettingsUpdate{RetentionDays: ptr(int64(-1))}, "/retention_days"},
			{"more than a hundred years", admin.SettingsUpdate{RetentionDays: ptr(int64(36_501))}, "/retention_days"},
		} {
			_, err := w.UpdateSettings(ctx, w.owner, test.input, 0)
			var own *contracts.Error
			if !errors.As(err, &own) || own.Code != contracts.CodeInvalid || own.Field != test.field {
				t.Errorf("%s: %v; want invalid at %s", test.what, err, test.field)
			}
		}
		token := w.owner
		token.Scopes = []string{"messages:write"}
		for _, actor := range []contracts.Actor{w.member, token, {}} {
			_, err := w.UpdateSettings(ctx, actor, admin.SettingsUpdate{Name: ptr("Mine")}, 0)
			expect.Code(t, "by "+actor.Username, err, contracts.CodeForbidden)
		}
		expect.Equal(t, "version", expect.OK(w.Settings(ctx))(t).Version, 1)
		expect.OK(w.UpdateSettings(ctx, w.owner, admin.SettingsUpdate{Name: ptr(strings.Repeat("ü", 80)), RetentionDays: ptr(int64(36_500))}, 1))(t)
	})
}

// Of many who changed the same version, one wins.
func TestSettingsOneWriterWins(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		var group sync.WaitGroup
		errs := make([]error, 16)
		for i := range errs {
			group.Go(func() {
				_, errs[i] = w.UpdateSettings(ctx, w.admin, admin.SettingsUpdate{RetentionDays: ptr(int64(i + 1))}, 1)
			})
		}
		group.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else {
				expect.Code(t, "the others", err, contracts.CodePrecondition)
			}
		}
		expect.Equal(t, "winners", won, 1)
		expect.Equal(t, "entries", len(w.log()), 1)
	})
}

func TestSetName(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		set := func(actor contracts.Actor, name string) error {
			return w.db.Write(t.Context(), func(ctx context.Context, tx *sql.Tx) error { return w.SetNameTx(ctx, tx, actor, name) })
		}
		expect.Code(t, "by a member", set(w.member, "x"), contracts.CodeForbidden)
		expect.Code(t, "empty", set(w.owner, ""), contracts.CodeInvalid)
		expect.Code(t, "by the owner", set(w.owner, "Acme"), "")
		expect.Equal(t, "name", expect.OK(w.Settings(t.Context()))(t).Name, "Acme")
	})
}
