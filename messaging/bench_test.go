package messaging_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
	"github.com/dankerchat/dankerchat/messaging"
)

// BenchmarkPost measures durable posts per second in process: 1, 64 and 256
// senders in ten channels, each waiting for his answer before the next post.
func BenchmarkPost(b *testing.B) {
	for _, d := range sqldbtest.Dialects() {
		for _, senders := range []int{1, 64, 256} {
			b.Run(fmt.Sprintf("%s/senders=%d", d, senders), func(b *testing.B) {
				r := newRig(b, sqldbtest.Open(b, d, messaging.Migrations))
				benchmarkPosts(b, r, senders, "a message of the usual length, which says something to somebody")
			})
		}
		b.Run(fmt.Sprintf("%s/mentions/senders=64", d), func(b *testing.B) {
			r := newRig(b, sqldbtest.Open(b, d, messaging.Migrations))
			benchmarkPosts(b, r, 64, "a message of the usual length, which says something to @user7")
		})
	}
}

func benchmarkPosts(b *testing.B, r *rig, senders int, text string) {
	var channels []string
	for range 10 {
		channels = append(channels, r.channel(contracts.KindPublic, upTo(100)...))
	}
	took := make([]time.Duration, b.N)
	var next atomic.Int64
	var wg sync.WaitGroup
	commits := r.db.Stats().Commits
	b.ResetTimer()
	for s := range senders {
		wg.Go(func() {
			for {
				i := next.Add(1) - 1
				if i >= int64(b.N) {
					return
				}
				began := time.Now()
				_, _, err := r.Post(context.Background(), actor(s%100), contracts.NewMessage{
					ConversationID: channels[s%10], Text: text, ClientMsgID: fmt.Sprintf("%d-%d", s, i),
				})
				if err != nil {
					b.Errorf("post: %v", err)
					return
				}
				took[i] = time.Since(began)
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "posts/s")
	b.ReportMetric(float64(b.N)/float64(r.db.Stats().Commits-commits), "posts/commit")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// BenchmarkNewest reads the newest 50 of 2,000 messages.
func BenchmarkNewest(b *testing.B) {
	for _, d := range sqldbtest.Dialects() {
		b.Run(fmt.Sprint(d), func(b *testing.B) {
			r := newRig(b, sqldbtest.Open(b, d, messaging.Migrations))
			c := r.channel(contracts.KindPublic, upTo(100)...)
			var wg sync.WaitGroup
			for s := range 100 {
				wg.Go(func() {
					for range 20 {
						r.post(s, c, "a message of the usual length, which says something to somebody")
					}
				})
			}
			wg.Wait()
			b.ReportAllocs()
			for b.Loop() {
				h, err := r.Messages(b.Context(), actor(7), c, messaging.HistoryRequest{})
				if err != nil || len(h.Messages) != 50 {
					b.Fatalf("%d messages, %v", len(h.Messages), err)
				}
			}
		})
	}
}

// nobody is a subscriber that counts.
type nobody struct {
	user string
	n    atomic.Int64
}

func (s *nobody) UserID() string           { return s.user }
func (s *nobody) Guest() bool              { return false }
func (s *nobody) Start(messaging.Resume)   {}
func (s *nobody) Deliver(*messaging.Frame) { s.n.Add(1) }
func (s *nobody) Revoke(contracts.Event)   {}

// BenchmarkHub measures deliveries: messages posted by 64 senders to a channel whose
// 100 members have ten connections each.
func BenchmarkHub(b *testing.B) {
	for _, d := range sqldbtest.Dialects() {
		b.Run(string(d), func(b *testing.B) {
			r := newRig(b, sqldbtest.Open(b, d, messaging.Migrations))
			h := startHub(b, r, messaging.HubConfig{})
			c := r.channel(contracts.KindPublic, upTo(100)...)
			settle(b, h, r)
			subs := make([]*nobody, 1000)
			for i := range subs {
				subs[i] = &nobody{user: userID(i % 100)}
				if err := h.Attach(context.Background(), subs[i], nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			var wg sync.WaitGroup
			var next atomic.Int64
			b.ResetTimer()
			for s := range 64 {
				wg.Go(func() {
					for next.Add(1) <= int64(b.N) {
						if _, _, err := r.Post(context.Background(), actor(s), contracts.NewMessage{ConversationID: c, Text: "a message of the usual length"}); err != nil {
							b.Errorf("post: %v", err)
							return
						}
					}
				})
			}
			wg.Wait()
			settle(b, h, r)
			b.StopTimer()
			var n int64
			for _, s := range subs {
				n += s.n.Load()
			}
			if n != int64(b.N)*int64(len(subs)) {
				b.Errorf("%d deliveries of %d messages", n, b.N)
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "deliveries/s")
		})
	}
}

// BenchmarkSidebar measures reading a sidebar of 200 channels with 50 unread messages
// each: of somebody who has muted nobody, and who has muted 10 of the 20 who wrote them.
func BenchmarkSidebar(b *testing.B) {
	for _, d := range sqldbtest.Dialects() {
		r := newRig(b, sqldbtest.Open(b, d, messaging.Migrations))
		for range 200 {
			c := r.channel(contracts.KindPublic, 0, 1)
			r.mustTx(func(ctx context.Context, tx *sql.Tx) error {
				_, err := tx.ExecContext(ctx, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)
					INSERT INTO messages (id, conversation_id, position, kind, author, text, created_at)
					SELECT cast($1 AS text) || i, cast($1 AS text), i, 'user', CASE WHEN i % 2 = 0 THEN cast($2 AS text) ELSE cast($3 AS text) END, 'x', 0 FROM n`,
					c, userID(20+len(c)%10), userID(50))
				if err == nil {
					_, err = tx.ExecContext(ctx, `UPDATE conversations SET last_position = 50 WHERE id = $1`, c)
				}
				return err
			})
		}
		for _, muted := range []int{0, 10} {
			for n := range muted {
				r.mute(0, 20+n, contracts.LevelMuted)
			}
			b.Run(fmt.Sprintf("%s/muted=%d", d, muted), func(b *testing.B) {
				for b.Loop() {
					if list, err := r.Memberships(b.Context(), r.db.Read, userID(0)); err != nil || len(list) != 200 {
						b.Fatal(len(list), err)
					}
				}
			})
		}
	}
}
