package sqldb_test

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/eventlog"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

var benchSet = sqldb.Set{Name: "bench", FS: fstest.MapFS{"00001_post.sql": {Data: []byte(`-- +goose Up
CREATE TABLE conv (id TEXT PRIMARY KEY, last_position BIGINT NOT NULL);
CREATE TABLE post (id TEXT PRIMARY KEY, conv TEXT NOT NULL, position BIGINT NOT NULL, author TEXT NOT NULL, body TEXT NOT NULL, at BIGINT NOT NULL, UNIQUE (conv, position));
INSERT INTO conv VALUES ('c0', 0), ('c1', 0), ('c2', 0), ('c3', 0), ('c4', 0), ('c5', 0), ('c6', 0), ('c7', 0), ('c8', 0), ('c9', 0);
-- +goose Down
DROP TABLE post; DROP TABLE conv;
`)}}}

var body = strings.Repeat("A message of ordinary length. ", 5)

// BenchmarkWrite posts durably from 64 senders: take the conversation's position,
// insert the message (two unique indexes), append the event. "closures" is one
// closure per post; "rows" gathers what waits and writes it as multi-row statements
// in one closure, as messaging does.
func BenchmarkWrite(b *testing.B) {
	for _, d := range sqldbtest.Dialects() {
		for _, senders := range []int{1, 64, 256} {
			b.Run(fmt.Sprintf("%s/closures/senders=%d", d, senders), func(b *testing.B) {
				db := sqldbtest.Open(b, d, benchSet)
				send(b, senders, func(ctx context.Context, i int64) error {
					return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error { return postOne(ctx, tx, i) })
				})
				report(b, db)
			})
			b.Run(fmt.Sprintf("%s/rows/senders=%d", d, senders), func(b *testing.B) {
				db := sqldbtest.Open(b, d, benchSet)
				g := newGatherer(b.Context(), db)
				send(b, senders, g.post)
				g.stop()
				report(b, db)
			})
		}
	}
}

func send(b *testing.B, senders int, post func(context.Context, int64) error) {
	b.Helper()
	b.ResetTimer()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				if err := post(b.Context(), i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "posts/s")
}

func report(b *testing.B, db *sqldb.DB) {
	b.Helper()
	s := db.Stats()
	b.ReportMetric(float64(b.N)/float64(s.Commits), "posts/commit")
	if head, err := db.Head(b.Context()); err != nil || head != int64(b.N) {
		b.Fatalf("head %d, error %v, want %d", head, err, b.N)
	}
}

func postOne(ctx context.Context, tx *sql.Tx, i int64) error {
	id, conv := "msg_"+strconv.FormatInt(i, 10), "c"+strconv.FormatInt(i%10, 10)
	var position int64
	if err := tx.QueryRowContext(ctx, `UPDATE conv SET last_position = last_position + 1 WHERE id = $1 RETURNING last_position`, conv).Scan(&position); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO post (id, conv, position, author, body, at) VALUES ($1, $2, $3, $4, $5, $6)`,
		id, conv, position, "usr_1", body, int64(1)); err != nil {
		return err
	}
	return eventlog.Append(ctx, tx, &contracts.Event{Type: contracts.EventMessageCreated, Scope: conv, Subject: id})
}

// gatherer is the smallest form of what messaging does with waiting posts.
type gatherer struct {
	db    *sqldb.DB
	queue chan waitingPost
	done  chan struct{}
}

type waitingPost struct {
	i    int64
	done chan error
}

func newGatherer(ctx context.Context, db *sqldb.DB) *gatherer {
	g := &gatherer{db: db, queue: make(chan waitingPost, 1024), done: make(chan struct{})}
	go func() {
		defer close(g.done)
		for first := range g.queue {
			runtime.Gosched() // lets those whom the last batch woke come back with their next post
			batch := []waitingPost{first}
		gather:
			for len(batch) < 256 {
				select {
				case p, ok := <-g.queue:
					if !ok {
						break gather
					}
					batch = append(batch, p)
				default:
					break gather
				}
			}
			err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error { return postAll(ctx, tx, batch) })
			for _, p := range batch {
				p.done <- err
			}
		}
	}()
	return g
}

func (g *gatherer) post(_ context.Context, i int64) error {
	p := waitingPost{i, make(chan error, 1)}
	g.queue <- p
	return <-p.done
}

func (g *gatherer) stop() { close(g.queue); <-g.done }

func postAll(ctx context.Context, tx *sql.Tx, posts []waitingPost) error {
	count := map[string]int64{}
	for _, p := range posts {
		count["c"+strconv.FormatInt(p.i%10, 10)]++
	}
	last := map[string]int64{}
	for conv, n := range count { // ten conversations: ten small updates
		var l int64
		if err := tx.QueryRowContext(ctx, `UPDATE conv SET last_position = last_position + $2 WHERE id = $1 RETURNING last_position`, conv, n).Scan(&l); err != nil {
			return err
		}
		last[conv] = l - n
	}
	events := make([]*contracts.Event, len(posts))
	args := make([]any, 0, len(posts)*6)
	for i, p := range posts {
		id, conv := "msg_"+strconv.FormatInt(p.i, 10), "c"+strconv.FormatInt(p.i%10, 10)
		last[conv]++
		args = append(args, id, conv, last[conv], "usr_1", body, int64(1))
		events[i] = &contracts.Event{Type: contracts.EventMessageCreated, Scope: conv, Subject: id}
	}
	for len(args) > 0 {
		n := sqldb.RowsPerStatement(len(args) / 6)
		if _, err := tx.ExecContext(ctx, `INSERT INTO post (id, conv, position, author, body, at) VALUES `+sqldb.Placeholders(n, 6), args[:n*6]...); err != nil {
			return err
		}
		args = args[n*6:]
	}
	return eventlog.Append(ctx, tx, events...)
}
