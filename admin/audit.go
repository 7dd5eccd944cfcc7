package admin

import (
	"context"
	"fmt"
	"strings"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// AuditRequest asks for a page of the audit log, newest first. What is "" is not
// asked for.
type AuditRequest struct {
	contracts.PageRequest
	Actor  string // user id, or "operator"
	Action string // "user.suspend"
	Target string // an id, or "workspace"
}

// Audit returns entries of the audit log, for whoever holds
// [contracts.PermReadAudit].
func (s *Service) Audit(ctx context.Context, actor contracts.Actor, req AuditRequest) (contracts.Page[contracts.Audit], error) {
	var none contracts.Page[contracts.Audit]
	if !actor.Can(contracts.PermReadAudit) {
		return none, forbidden(contracts.PermReadAudit)
	}
	limit, err := req.Check()
	if err != nil {
		return none, err
	}
	where, args := []string{"sequence > 0"}, []any{}
	for _, filter := range []struct{ column, value string }{{"actor", req.Actor}, {"action", req.Action}, {"target", req.Target}} {
		if filter.value != "" {
			args = append(args, plain(filter.value))
			where = append(where, fmt.Sprintf("%s = $%d", filter.column, len(args)))
		}
	}
	if req.After != "" {
		var sequence int64
		if err := contracts.DecodeCursor(req.After, &sequence); err != nil {
			return none, err
		}
		args = append(args, sequence)
		where = append(where, fmt.Sprintf("sequence < $%d", len(args)))
	}
	var list []contracts.Audit
	err = eachEntry(ctx, s.db.Read, fmt.Sprintf(`WHERE %s ORDER BY sequence DESC LIMIT %d`, strings.Join(where, " AND "), limit+1), args,
		func(e entry, hash string) { list = append(list, e.audit(hash)) })
	if err != nil {
		return none, err
	}
	return contracts.NewPage(list, limit, func(a contracts.Audit) string { return contracts.EncodeCursor(a.Sequence) }), nil
}

// eachEntry reads entries of the audit log.
func eachEntry(ctx context.Context, q eventlog.Querier, rest string, args []any, visit func(entry, string)) error {
	const query = `SELECT sequence, id, at, actor, action, target, ip, state_before, state_after, hash FROM audit_log `
	err := sqldb.Each(ctx, q, query+rest, args, func(scan sqldb.Scan) error {
		var e entry
		var hash string
		if err := scan(&e.sequence, &e.id, &e.at, &e.actor, &e.action, &e.target, &e.ip, &e.before, &e.after, &hash); err != nil {
			return err
		}
		visit(e, hash)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read audit log: %w", err)
	}
	return nil
}
