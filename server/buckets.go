package server

import (
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/dankerchat/dankerchat/contracts"
)

// maxBuckets bounds each set of token buckets; what is full again is dropped first,
// so that only an attack with more addresses than that can make it forget.
const maxBuckets = 10000

// buckets are token buckets by key (a user, an address) of one rate.
type buckets struct {
	name  string
	rate  rate.Limit
	burst int

	mu    sync.Mutex // guards byKey
	byKey map[string]*rate.Limiter
}

func newBuckets(name string, perSecond float64, burst int) *buckets {
	return &buckets{name: name, rate: rate.Limit(perSecond), burst: max(1, burst), byKey: map[string]*rate.Limiter{}}
}

func (b *buckets) limiter(key string, now time.Time) *rate.Limiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.byKey[key]
	if l == nil {
		if len(b.byKey) >= maxBuckets {
			b.sweep(now)
		}
		l = rate.NewLimiter(b.rate, b.burst)
		b.byKey[key] = l
	}
	return l
}

// sweep drops the buckets that are full, then others until half are left.
func (b *buckets) sweep(now time.Time) {
	for key, l := range b.byKey {
		if l.TokensAt(now) >= float64(b.burst) {
			delete(b.byKey, key)
		}
	}
	for key := range b.byKey {
		if len(b.byKey) <= maxBuckets/2 {
			return
		}
		delete(b.byKey, key)
	}
}

// take takes one token of key; without one it returns a rate_limited error that
// says when there will be one.
func (b *buckets) take(key string, now time.Time) error {
	l := b.limiter(key, now)
	if l.AllowN(now, 1) {
		return nil
	}
	return b.refuse(l, now)
}

func (b *buckets) refuse(l *rate.Limiter, now time.Time) *contracts.Error {
	wait := (1 - l.TokensAt(now)) / float64(b.rate)
	return contracts.ErrRateLimited.With("too many requests (" + b.name + ")").WithHint("Wait, then repeat.").After(max(1, int(math.Ceil(wait))))
}

// takeWith is take that also writes the RateLimit headers (the IETF draft's form).
func (b *buckets) takeWith(w http.ResponseWriter, key string, now time.Time) error {
	l := b.limiter(key, now)
	ok := l.AllowN(now, 1)
	left := max(0, l.TokensAt(now))
	h := w.Header()
	h.Set("RateLimit-Policy", `"`+b.name+`";q=`+strconv.Itoa(b.burst)+";w="+strconv.Itoa(int(math.Ceil(float64(b.burst)/float64(b.rate)))))
	h.Set("RateLimit", `"`+b.name+`";r=`+strconv.Itoa(int(left))+";t="+strconv.Itoa(int(math.Ceil((float64(b.burst)-left)/float64(b.rate)))))
	if ok {
		return nil
	}
	return b.refuse(l, now)
}
