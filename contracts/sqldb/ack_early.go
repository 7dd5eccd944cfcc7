//go:build ackbeforecommit

package sqldb

import "time"

// acknowledgeEarly answers the callers before COMMIT: the mistake that the crash rounds
// must catch. The answers after COMMIT then go to nobody. It leaves alone what a single
// caller does, such as setting the workspace up, and acts on what a crowd writes.
func acknowledgeEarly(b *batch, reqs []*request, results []error) {
	if b.head-b.base < 20 {
		return
	}
	for i, r := range reqs {
		r.finish(results[i])
		reqs[i] = &request{done: make(chan struct{})}
	}
	time.Sleep(50 * time.Millisecond)
}
