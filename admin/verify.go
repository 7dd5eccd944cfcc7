package admin

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// AuditReport is what [Service.VerifyAudit] found.
type AuditReport struct {
	Entries  int64  `json:"entries"` // that were read and are in order
	OK       bool   `json:"ok"`
	FirstBad int64  `json:"first_bad,omitempty"` // sequence of the first entry that is not as it was written; 0 for none in particular
	Problem  string `json:"problem,omitempty"`   // what is wrong there, for a person
	Hash     string `json:"hash"`                // of the last entry in order: to keep elsewhere and compare later
}

// verifyPage is how many entries are read at once; no transaction stays open
// between pages.
const verifyPage = 500

// VerifyAudit reads the whole audit log and checks that no entry was edited,
// deleted, inserted, reordered or cut off at the end (see the package comment for
// what that leaves). What was found is in the report; err is about reading. It may
// run while entries are written. Who may call it is for the caller to say.
func (s *Service) VerifyAudit(ctx context.Context) (AuditReport, error) {
	var report AuditReport
	start, startHash, err := s.auditHead(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		report.Problem = "the head of the log is missing"
		return report, nil
	}
	if err != nil {
		return report, err
	}
	bad := func(sequence int64, problem string) (AuditReport, error) {
		report.FirstBad, report.Problem = sequence, problem
		return report, nil
	}
	for {
		var page []entry
		var hashes []string
		err := eachEntry(ctx, s.db.Read, `WHERE sequence > $1 ORDER BY sequence LIMIT $2`, []any{report.Entries, verifyPage}, func(e entry, hash string) {
			page, hashes = append(page, e), append(hashes, hash)
		})
		if err != nil {
			return report, err
		}
		for i, e := range page {
			next := report.Entries + 1
			switch {
			case e.sequence != next:
				return bad(next, fmt.Sprintf("entry %d is missing", next))
			case e.hashAfter(report.Hash) != hashes[i]:
				return bad(next, fmt.Sprintf("entry %d is not what was written after entry %d", next, next-1))
			case next == start && hashes[i] != startHash:
				return bad(next, fmt.Sprintf("entry %d is not the one that the head of the log names", next))
			}
			report.Entries, report.Hash = next, hashes[i]
		}
		if len(page) < verifyPage {
			break
		}
	}
	if report.Entries < start {
		return bad(report.Entries+1, fmt.Sprintf("the log was cut off: it has %d entries, its head names %d", report.Entries, start))
	}
	// Entries beyond the head that was read first are new, or the head would not
	// name them now.
	end, endHash, err := s.auditHead(ctx)
	if err != nil {
		return report, err
	}
	switch {
	case end < report.Entries:
		return bad(end+1, fmt.Sprintf("the log has %d entries, its head names %d", report.Entries, end))
	case end == report.Entries && endHash != report.Hash:
		return bad(end, fmt.Sprintf("entry %d is not the one that the head of the log names", end))
	}
	var below int64
	if err := s.db.Read.QueryRowContext(ctx, `SELECT count(*) FROM audit_log WHERE sequence < 1`).Scan(&below); err != nil {
		return report, fmt.Errorf("read audit log: %w", err)
	}
	if below > 0 {
		return bad(0, "the log has entries before the first")
	}
	report.OK = true
	return report, nil
}

func (s *Service) auditHead(ctx context.Context) (sequence int64, hash string, err error) {
	if err := s.db.Read.QueryRowContext(ctx, `SELECT sequence, hash FROM audit_head WHERE id = 1`).Scan(&sequence, &hash); err != nil {
		return 0, "", fmt.Errorf("read audit head: %w", err)
	}
	return sequence, hash, nil
}
