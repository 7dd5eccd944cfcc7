package admin_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/dankerchat/dankerchat/admin"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/expect"
)

// A log that an earlier version wrote is still in order, is read as it was written, and can
// be written on: what goes into a hash must not change.
func TestAnAuditLogOfAnEarlierVersionIsInOrder(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		var written []string
		var last contracts.Audit
		for line := range strings.Lines(string(expect.OK(os.ReadFile("testdata/audit.jsonl"))(t))) {
			if err := json.Unmarshal([]byte(line), &last); err != nil {
				t.Fatal(err)
			}
			written = append([]string{strings.TrimSpace(line)}, written...)
			w.exec(`INSERT INTO audit_log (sequence, id, at, actor, action, target, ip, state_before, state_after, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
				last.Sequence, last.ID, last.At.UnixMilli(), last.Actor, last.Action, last.Target, last.IP, string(last.Before), string(last.After), last.Hash)
			last = contracts.Audit{Sequence: last.Sequence, Hash: last.Hash}
		}
		w.exec(`UPDATE audit_head SET sequence = $1, hash = $2 WHERE id = 1`, last.Sequence, last.Hash)
		expect.Equal(t, "report", expect.OK(w.VerifyAudit(ctx))(t), admin.AuditReport{Entries: last.Sequence, OK: true, Hash: last.Hash})
		var read []string
		for _, a := range expect.OK(w.Audit(ctx, w.owner, admin.AuditRequest{}))(t).Data {
			read = append(read, string(expect.OK(json.Marshal(a))(t)))
		}
		expect.Equal(t, "entries", strings.Join(read, "\n"), strings.Join(written, "\n"))
		expect.Code(t, "record", w.Record(ctx, w.owner, "a.b", "c", nil, nil), "")
		expect.Equal(t, "with one more", expect.OK(w.VerifyAudit(ctx))(t).OK, true)
	})
}
