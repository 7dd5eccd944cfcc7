package admin

import (
	"context"
	"fmt"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// Stats returns figures about the workspace, for whoever holds
// [contracts.PermManageSettings]. Each comes from a query that stays cheap as the
// workspace grows; they are not of one instant.
func (s *Service) Stats(ctx context.Context, actor contracts.Actor) (contracts.Stats, error) {
	var stats contracts.Stats
	if !actor.Can(contracts.PermManageSettings) {
		return stats, forbidden(contracts.PermManageSettings)
	}
	for _, counter := range s.counters {
		if err := counter.Count(ctx, s.db.Read, &stats); err != nil {
			return contracts.Stats{}, fmt.Errorf("count: %w", err)
		}
	}
	head, err := eventlog.Head(ctx, s.db.Read)
	if err != nil {
		return contracts.Stats{}, err
	}
	stats.LogPosition = head.Position
	size := `SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()`
	if s.db.Dialect() == sqldb.Postgres {
		size = `SELECT pg_database_size(current_database())`
	}
	if err := s.db.Read.QueryRowContext(ctx, size).Scan(&stats.DatabaseBytes); err != nil {
		return contracts.Stats{}, fmt.Errorf("read database size: %w", err)
	}
	return stats, nil
}
