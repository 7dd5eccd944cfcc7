package admin

import (
	"context"
	"fmt"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// RetentionReport is what a run of the retention did, or would do.
type RetentionReport struct {
	Days      int64      `json:"days"`   // the setting; 0 keeps messages for ever
	Before    *time.Time `json:"before"` // messages older than this; nil when they are kept for ever
	Messages  int64      `json:"messages"`
	DryRun    bool       `json:"dry_run"`
	ElapsedMS int64      `json:"elapsed_ms"`
}

// RunRetention erases the messages that are older than Settings.RetentionDays, for
// whoever holds [contracts.PermManageSettings]. With 0 days it does nothing. A dry
// run counts and changes nothing. A run goes in steps: when it fails, what was
// erased stays erased, and the next run goes on. The audit log gets an entry
// before the first step ("retention.run") and one after the last
// ("retention.done"), so that a broken-off run shows too.
func (s *Service) RunRetention(ctx context.Context, actor contracts.Actor, dryRun bool) (RetentionReport, error) {
	if !actor.Can(contracts.PermManageSettings) {
		return RetentionReport{}, forbidden(contracts.PermManageSettings)
	}
	set, err := s.Settings(ctx)
	if err != nil {
		return RetentionReport{}, err
	}
	report := RetentionReport{Days: set.RetentionDays, DryRun: dryRun}
	if set.RetentionDays == 0 {
		return report, nil
	}
	started := s.now()
	before := started.Add(-time.Duration(set.RetentionDays) * 24 * time.Hour).UTC().Truncate(time.Millisecond)
	report.Before = &before
	run := map[string]any{"days": set.RetentionDays, "before": before}
	if !dryRun {
		if err := s.Record(ctx, actor, "retention.run", "workspace", nil, run); err != nil {
			return report, err
		}
	}
	count, err := s.messages.ExpireBefore(ctx, before, dryRun)
	report.Messages, report.ElapsedMS = count, s.now().Sub(started).Milliseconds()
	if err != nil {
		return report, fmt.Errorf("erase old messages: %w", err)
	}
	if dryRun {
		return report, nil
	}
	s.log.Info().Int64("messages", count).Int64("duration_ms", report.ElapsedMS).Msg("retention ran")
	return report, s.Record(ctx, actor, "retention.done", "workspace", nil, map[string]any{"days": set.RetentionDays, "before": before, "messages": count})
}
