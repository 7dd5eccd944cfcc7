package workspace

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/dankerchat/dankerchat/contracts"
)

// deed is what the audit log keeps of an act; the zero deed is that nothing happened,
// which is not recorded.
type deed struct {
	action, target string
	before, after  any // nil for none
}

// audited runs an act and records it in one transaction: both happen, or neither. act
// is bound by the rules of [sqldb.DB.Write]. What hears of the act in memory does so
// after the commit, by the events that it appends.
func audited[T any](ctx context.Context, w *Workspace, actor contracts.Actor, act func(context.Context, *sql.Tx) (T, deed, error)) (T, error) {
	var result, none T
	err := w.DB.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		r, done, err := act(ctx, tx)
		if err != nil {
			return err
		}
		if done.action != "" {
			if err := w.Admin.RecordTx(ctx, tx, actor, done.action, done.target, done.before, done.after); err != nil {
				return fmt.Errorf("audit %s: %w", done.action, err)
			}
		}
		result = r
		return nil
	})
	if err != nil {
		return none, err
	}
	return result, nil
}
