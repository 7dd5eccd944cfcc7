package messaging_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/dankerchat/dankerchat/contracts"
)

// Every kind of damage is found, and nothing is found before.
func TestVerifyFindsDamage(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, code, damage string }{
		{"a missing message", "positions", `DELETE FROM messages WHERE position = 2`},
		{"a conversation that lags behind", "positions", `UPDATE conversations SET last_position = 2 WHERE kind = 'public'`},
		{"a wrong mention counter", "counters", `UPDATE participants SET mentions = mentions + 1 WHERE last_read_position = 0`},
		{"a wrong counter of everybody", "counters", `UPDATE conversations SET all_mentions = all_mentions + 1 WHERE kind = 'public'`},
		{"a wrong count of quiet messages", "counters", `UPDATE conversations SET quiet = quiet + 1 WHERE kind = 'public'`},
		{"a wrong count of quiet messages read", "counters", `UPDATE participants SET read_quiet = read_quiet + 1 WHERE last_read_position = 0`},
		{"a lost mention", "counters", `DELETE FROM mentions`},
		{"a read position beyond the end", "read_position", `UPDATE participants SET last_read_position = 99`},
		{"a participant without a stay", "stays", `UPDATE memberships SET to_event = 99, left_at = 1`},
		{"a stay without a participant", "stays", `DELETE FROM participants`},
		{"a wrong participant of a direct conversation", "participants", `UPDATE conversations SET direct_key = 'x' WHERE kind = 'dm'`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, r *rig) {
				ctx := t.Context()
				c := r.channel(contracts.KindPublic, 0, 1)
				if _, _, err := r.OpenDirect(ctx, actor(0), users(1)); err != nil {
					t.Fatal(err)
				}
				for _, text := range []string{"1", "2 @user1", "3 @all"} {
					r.post(0, c, text)
				}
				report, err := r.Verify(ctx)
				if err != nil || !report.OK || report.Found != 0 || report.Conversations != 2 || report.Messages != 3 || report.Participants != 4 {
					t.Fatalf("before: %+v, %v", report, err)
				}
				r.mustTx(func(ctx context.Context, tx *sql.Tx) error { _, err := tx.ExecContext(ctx, tc.damage); return err })
				report, err = r.Verify(ctx)
				if err != nil || report.OK {
					t.Fatalf("after: %+v, %v", report, err)
				}
				for _, p := range report.Problems {
					if p.Code == tc.code && p.ConversationID != "" && p.Detail != "" {
						return
					}
				}
				t.Errorf("found %+v, want a problem of code %s", report.Problems, tc.code)
			})
		})
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		ctx := t.Context()
		c := r.channel(contracts.KindPublic, 0)
		if _, _, err := r.OpenDirect(ctx, actor(0), users(1)); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			r.post(0, c, "x")
		}
		r.mustTx(func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `UPDATE messages SET created_at = 0 WHERE position < 3`)
			return err
		})
		var stats contracts.Stats
		if err := r.Service.Count(ctx, r.db.Read, &stats); err != nil || stats.Messages != 3 || stats.MessagesLastDay != 1 || stats.DirectMessages != 1 || stats.Users != 0 {
			t.Errorf("%+v, %v", stats, err)
		}
	})
}
