package admin_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/dankerchat/dankerchat/admin"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/expect"
)

func TestAuditKeepsWhoDidWhat(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		expect.Code(t, "record", w.Record(ctx, w.admin, "user.suspend", "usr_x", map[string]any{"state": "active"}, map[string]any{"state": "suspended"}), "")
		expect.Code(t, "record", w.Record(ctx, contracts.Operator, "workspace.backup", "workspace", nil, nil), "")
		page := expect.OK(w.Audit(ctx, w.admin, admin.AuditRequest{}))(t)
		if len(page.Data) != 2 {
			t.Fatalf("%d entries", len(page.Data))
		}
		first, second := page.Data[1], page.Data[0]
		if first.Sequence != 1 || first.Actor != w.admin.UserID || first.Action != "user.suspend" || first.Target != "usr_x" || first.IP != "192.0.2.7" ||
			string(first.Before) != `{"state":"active"}` || string(first.After) != `{"state":"suspended"}` || len(first.Hash) != 64 ||
			first.At.Year() != 2026 || !contracts.ValidID(contracts.PrefixAudit, first.ID) {
			t.Errorf("first entry %+v", first)
		}
		if second.Sequence != 2 || second.Actor != "operator" || second.Before != nil || second.After != nil || second.Hash == first.Hash {
			t.Errorf("second entry %+v", second)
		}
		if _, err := json.Marshal(page); err != nil {
			t.Errorf("encode: %v", err)
		}
	})
}

func TestAuditStandsOrFallsWithTheAct(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, broken := t.Context(), errors.New("broken")
		err := w.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
			return errors.Join(w.RecordTx(ctx, tx, w.admin, "a.b", "x", nil, nil), broken)
		})
		if !errors.Is(err, broken) {
			t.Errorf("write: %v", err)
		}
		expect.Equal(t, "log", w.log(), "[]")
		expect.Code(t, "record", w.Record(ctx, w.admin, "a.c", "x", nil, nil), "")
		expect.Equal(t, "log", w.log(), "[1 admin a.c  ]")
		if report := expect.OK(w.VerifyAudit(ctx))(t); !report.OK || report.Entries != 1 {
			t.Errorf("report %+v", report)
		}
	})
}

func TestAuditKeepsNoSecrets(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		type deep struct {
			Name     string            `json:"name"`
			Password string            `json:"password"`
			List     []map[string]any  `json:"list"`
			More     map[string]string `json:"more"`
			TokenID  string            `json:"token_id"`
			Count    int64             `json:"count"`
		}
		state := deep{Name: "n", Password: "canary-1", List: []map[string]any{{"client_secret": "canary-2", "keys": []string{"canary-3"}}},
			More: map[string]string{"Invite-Code": "canary-4", "cookie": "canary-5", "refreshToken": "canary-6"}, TokenID: "tok_1", Count: 9007199254740993}
		expect.Code(t, "record", w.Record(ctx, w.admin, "x.y", "z", state, map[string]any{"long": strings.Repeat("x", 9000)}), "")
		expect.Code(t, "record", w.Record(ctx, contracts.Actor{UserID: "usr_\x00\xff", IP: "\x00"}, "x\x00", "\xff", "nul\x00", nil), "")
		page := expect.OK(w.Audit(ctx, w.owner, admin.AuditRequest{}))(t)
		got := string(page.Data[1].Before)
		if strings.Contains(got, "canary") || strings.Count(got, "[redacted]") != 6 || !strings.Contains(got, `"token_id":"tok_1"`) || !strings.Contains(got, "9007199254740993") {
			t.Errorf("before: %s", got)
		}
		expect.Equal(t, "a long state", string(page.Data[1].After), `{"left_out_bytes":9011}`)
		if report := expect.OK(w.VerifyAudit(ctx))(t); !report.OK || report.Entries != 2 {
			t.Errorf("report %+v", report)
		}
	})
}

func TestAuditPagesAndFilters(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		for i := range 12 {
			actor, action := w.admin, "user.role"
			if i%3 == 0 {
				actor, action = w.owner, "channel.archive"
			}
			expect.Code(t, "record", w.Record(ctx, actor, action, fmt.Sprintf("t%d", i%2), nil, i), "")
		}
		read := func(req admin.AuditRequest) string {
			var got []string
			for req.Limit = 3; ; {
				page := expect.OK(w.Audit(ctx, w.admin, req))(t)
				for _, a := range page.Data {
					got = append(got, fmt.Sprint(a.Sequence))
				}
				if !page.Page.HasMore {
					return strings.Join(got, " ")
				}
				req.After = *page.Page.Next
			}
		}
		expect.Equal(t, "all", read(admin.AuditRequest{}), "12 11 10 9 8 7 6 5 4 3 2 1")
		expect.Equal(t, "by actor", read(admin.AuditRequest{Actor: w.owner.UserID}), "10 7 4 1")
		expect.Equal(t, "by action", read(admin.AuditRequest{Action: "user.role"}), "12 11 9 8 6 5 3 2")
		expect.Equal(t, "by target", read(admin.AuditRequest{Target: "t1", Action: "channel.archive"}), "10 4")
		expect.Equal(t, "by nothing there is", read(admin.AuditRequest{Target: "\x00\xff"}), "")
		for what, test := range map[string]struct {
			actor contracts.Actor
			req   contracts.PageRequest
			code  contracts.Code
		}{
			"a member":         {w.member, contracts.PageRequest{}, contracts.CodeForbidden},
			"nobody":           {contracts.Actor{}, contracts.PageRequest{}, contracts.CodeForbidden},
			"a strange cursor": {w.admin, contracts.PageRequest{After: "x"}, contracts.CodeInvalid},
			"a page of 201":    {w.admin, contracts.PageRequest{Limit: 201}, contracts.CodeInvalid},
		} {
			_, err := w.Audit(ctx, test.actor, admin.AuditRequest{PageRequest: test.req})
			expect.Code(t, what, err, test.code)
		}
	})
}

// Each way of tampering on a fresh log, by plain SQL.
func TestVerifyAuditFindsTampering(t *testing.T) {
	const rows = 7
	cases := []struct {
		what     string
		tamper   []string
		firstBad int64
	}{
		{"an edited actor", []string{`UPDATE audit_log SET actor = 'usr_other' WHERE sequence = 3`}, 3},
		{"an edited action", []string{`UPDATE audit_log SET action = 'x' WHERE sequence = 1`}, 1},
		{"an edited target", []string{`UPDATE audit_log SET target = 'x' WHERE sequence = 7`}, 7},
		{"an edited time", []string{`UPDATE audit_log SET at = at + 1 WHERE sequence = 4`}, 4},
		{"an edited address", []string{`UPDATE audit_log SET ip = '' WHERE sequence = 4`}, 4},
		{"an edited id", []string{`UPDATE audit_log SET id = 'aud_x' WHERE sequence = 4`}, 4},
		{"an edited state before", []string{`UPDATE audit_log SET state_before = '{}' WHERE sequence = 4`}, 4},
		{"an edited state after", []string{`UPDATE audit_log SET state_after = '' WHERE sequence = 4`}, 4},
		{"text moved from one column to the next", []string{`UPDATE audit_log SET action = action || target, target = '' WHERE sequence = 4`}, 4},
		{"an edited hash", []string{`UPDATE audit_log SET hash = 'x' WHERE sequence = 5`}, 5},
		{"a hash taken from another entry", []string{`UPDATE audit_log SET hash = (SELECT hash FROM audit_log WHERE sequence = 2) WHERE sequence = 5`}, 5},
		{"the first entry deleted", []string{`DELETE FROM audit_log WHERE sequence = 1`}, 1},
		{"an entry deleted", []string{`DELETE FROM audit_log WHERE sequence = 4`}, 4},
		{"an entry deleted and the gap closed", []string{`DELETE FROM audit_log WHERE sequence = 4`,
			`UPDATE audit_log SET sequence = -(sequence - 1) WHERE sequence > 4`, `UPDATE audit_log SET sequence = -sequence WHERE sequence < 0`}, 4},
		{"two entries reordered", []string{`UPDATE audit_log SET sequence = 100 WHERE sequence = 2`,
			`UPDATE audit_log SET sequence = 2 WHERE sequence = 5`, `UPDATE audit_log SET sequence = 5 WHERE sequence = 100`}, 2},
		{"the last entry cut off", []string{`DELETE FROM audit_log WHERE sequence = 7`}, 7},
		{"the end cut off", []string{`DELETE FROM audit_log WHERE sequence > 4`}, 5},
		{"all cut off", []string{`DELETE FROM audit_log`}, 1},
		{"the end cut off and the head's number set back", []string{`DELETE FROM audit_log WHERE sequence > 4`, `UPDATE audit_head SET sequence = 4`}, 4},
		{"an entry appended past the library", []string{`INSERT INTO audit_log (sequence, id, at, actor, action, target, ip, state_before, state_after, hash)
			SELECT 8, 'aud_x', at, actor, action, target, ip, '', '', 'x' FROM audit_log WHERE sequence = 7`}, 8},
		{"an entry before the first", []string{`INSERT INTO audit_log (sequence, id, at, actor, action, target, ip, state_before, state_after, hash)
			SELECT 0, 'aud_x', at, actor, action, target, ip, '', '', '' FROM audit_log WHERE sequence = 7`}, 0},
		{"the head's hash changed", []string{`UPDATE audit_head SET hash = 'x'`}, 7},
		{"the head set back, nothing cut off", []string{`UPDATE audit_head SET sequence = 6, hash = (SELECT hash FROM audit_log WHERE sequence = 6)`}, 7},
		{"the head deleted", []string{`DELETE FROM audit_head`}, 0},
	}
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		for _, test := range cases {
			w.exec(`DELETE FROM audit_log`)
			w.exec(`DELETE FROM audit_head`)
			w.exec(`INSERT INTO audit_head (id, sequence, hash) VALUES (1, 0, '')`)
			for i := range rows {
				expect.Code(t, "record", w.Record(ctx, w.admin, fmt.Sprintf("act.%d", i), fmt.Sprintf("t%d", i), map[string]int{"n": i}, map[string]int{"n": i + 1}), "")
			}
			if report := expect.OK(w.VerifyAudit(ctx))(t); !report.OK || report.Entries != rows || len(report.Hash) != 64 || report.Problem != "" {
				t.Fatalf("before: %+v", report)
			}
			for _, query := range test.tamper {
				w.exec(query)
			}
			report := expect.OK(w.VerifyAudit(ctx))(t)
			if report.OK || report.FirstBad != test.firstBad || report.Problem == "" {
				t.Errorf("%s: report %+v, want the first bad entry to be %d", test.what, report, test.firstBad)
			}
		}
	})
}

func TestVerifyAuditReadsPageByPageBesideWriters(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		write := func(n int) {
			err := w.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
				for range n {
					if err := w.RecordTx(ctx, tx, w.admin, "a.b", "t", nil, nil); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
		for range 6 {
			write(200)
		}
		var writers sync.WaitGroup
		writers.Go(func() {
			for range 10 {
				write(20)
			}
		})
		for range 5 {
			if report := expect.OK(w.VerifyAudit(ctx))(t); !report.OK || report.Entries < 1200 {
				t.Errorf("beside a writer: %+v", report)
			}
		}
		writers.Wait()
		if report := expect.OK(w.VerifyAudit(ctx))(t); !report.OK || report.Entries != 1400 {
			t.Errorf("at rest: %+v", report)
		}
		w.exec(`UPDATE audit_log SET ip = 'x' WHERE sequence = 1301`)
		if report := expect.OK(w.VerifyAudit(ctx))(t); report.OK || report.FirstBad != 1301 || report.Entries != 1300 {
			t.Errorf("tampered on the third page: %+v", report)
		}
	})
}
