package messaging_test

import (
	"context"
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
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}
