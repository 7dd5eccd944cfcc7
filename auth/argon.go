package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
	"golang.org/x/crypto/argon2"
)

// HashParams say what one password hash costs and how many may be computed at
// once. The zero value is [HashDefault].
type HashParams struct {
	MemoryKiB uint32 // of one computation
	Time      uint32 // passes over the memory
	Threads   uint8
	Running   int // computations at once; memory is Running × MemoryKiB
	Waiting   int // callers that may wait for their turn; more get [contracts.ErrBusy]
}

// Profiles of argon2id (RFC 9106), both of OWASP's recommended strength.
var (
	// HashDefault takes 19 MiB, one at a time.
	HashDefault = HashParams{MemoryKiB: 19 << 10, Time: 2, Threads: 1, Running: 1, Waiting: 32}
	// HashSmall takes 7 MiB and a little more time, two at a time, for machines with
	// little memory.
	HashSmall = HashParams{MemoryKiB: 7 << 10, Time: 5, Threads: 1, Running: 2, Waiting: 32}
)

// Bounds on the parameters of a stored hash, so that an imported one cannot take
// the machine down.
const (
	maxHashMemory = 256 << 10 // KiB
	maxHashTime   = 32
	saltBytes     = 16
	keyBytes      = 32
)

// returnAfter is how long after the last hash its memory goes back to the system.
const returnAfter = 2 * time.Second

// hasher computes argon2id behind a bounded queue: a flood of logins costs
// Running × MemoryKiB of memory, never more.
type hasher struct {
	params  HashParams
	peppers peppers
	places  chan struct{} // running and waiting
	slots   chan struct{} // running; channels serve waiters in order
	count   atomic.Int64  // computations ever, so that tests can compare costs
	walked  atomic.Int64  // KiB that they went over, all passes together
	idle    *time.Timer   // gives the memory of the last computations back
	garbage atomic.Uint32 // KiB that the last computation has left
	none    passwordHash  // no password fits it
}

func newHasher(p HashParams, seasoning []Pepper) (*hasher, error) {
	if p == (HashParams{}) {
		p = HashDefault
	}
	if p.Running <= 0 {
		p.Running = 1
	}
	if p.MemoryKiB < 8*uint32(max(p.Threads, 1)) || p.MemoryKiB > maxHashMemory || p.Time < 1 || p.Time > maxHashTime || p.Threads < 1 || p.Waiting < 0 {
		return nil, contracts.ErrInvalid.With("password hash parameters out of range").WithHint("Use auth.HashDefault or auth.HashSmall.")
	}
	known, err := newPeppers(seasoning)
	if err != nil {
		return nil, err
	}
	h := &hasher{
		params: p, peppers: known,
		places: make(chan struct{}, p.Running+p.Waiting),
		slots:  make(chan struct{}, p.Running),
	}
	h.idle = time.AfterFunc(time.Hour, func() {
		if weighs(h.garbage.Swap(0)) {
			debug.FreeOSMemory()
		}
	})
	h.idle.Stop()
	h.none = passwordHash{p, known.newest(), make([]byte, saltBytes), make([]byte, keyBytes)}
	_, _ = rand.Read(h.none.salt)
	_, _ = rand.Read(h.none.key)
	return h, nil
}

// nobody is a hash with these parameters, to verify passwords of unknown users against.
func (h *hasher) nobody(p HashParams) string {
	x := h.none
	x.params = p
	return x.phc()
}

// current tells whether new hashes cost as much.
func (h *hasher) current(p HashParams) bool {
	return p.MemoryKiB == h.params.MemoryKiB && p.Time == h.params.Time && p.Threads == h.params.Threads
}

var errHashQueue = contracts.ErrBusy.With("too many people sign in at this moment").WithHint("Try again in a few seconds.").After(2)

// place takes a place in the queue without waiting, or refuses. The caller gives
// it back.
func (h *hasher) place() (release func(), err error) {
	select {
	case h.places <- struct{}{}:
		return func() { <-h.places }, nil
	default:
		return nil, errHashQueue
	}
}

// run waits for a slot and computes; the caller holds a place. Without the pepper it
// computes nothing.
func (h *hasher) run(ctx context.Context, password Secret, p HashParams, pepper string, salt []byte, size uint32) ([]byte, error) {
	seasoned, err := h.peppers.season(pepper, password)
	if err != nil {
		return nil, err
	}
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the password hash: %w", ctx.Err())
	}
	defer func() {
		h.garbage.Store(p.MemoryKiB)
		<-h.slots
		// Garbage of 19 MiB each would stay with the process until the next collection
		// of a heap that is mostly idle.
		h.idle.Reset(returnAfter)
	}()
	// The collector lets a heap double before it looks: in a flood that is several
	// times what one computation takes. Looking takes a tenth of the time of a hash.
	if weighs(h.garbage.Swap(0)) {
		runtime.GC()
	}
	h.count.Add(1)
	h.walked.Add(int64(p.MemoryKiB) * int64(p.Time))
	return argon2.IDKey(seasoned, salt, p.Time, p.MemoryKiB, p.Threads, size), nil
}

// weighs tells whether so many KiB of garbage are much for this process. Where more is
// in use, the collector's own pace bounds the garbage well enough, and to look at all of
// a large program's memory for every password would cost more than the password.
func weighs(garbage uint32) bool {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return live[0].Value.Uint64() <= 2<<10*uint64(garbage)
}

// hash makes a PHC string; the caller holds a place.
func (h *hasher) hash(ctx context.Context, password Secret) (string, error) {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt)
	pepper := h.peppers.newest()
	key, err := h.run(ctx, password, h.params, pepper, salt, keyBytes)
	if err != nil {
		return "", err
	}
	return passwordHash{h.params, pepper, salt, key}.phc(), nil
}

// verify checks a password against a PHC string; the caller holds a place. weak
// says that the hash was made with other parameters or another pepper than today's. A
// pepper that is missing is [contracts.ErrUnavailable].
func (h *hasher) verify(ctx context.Context, password Secret, stored string) (ok, weak bool, err error) {
	x, err := parsePHC(stored)
	if err != nil {
		return false, false, err
	}
	got, err := h.run(ctx, password, x.params, x.pepper, x.salt, uint32(len(x.key)))
	if err != nil {
		return false, false, err
	}
	weak = !h.current(x.params) || x.pepper != h.peppers.newest()
	return subtle.ConstantTimeCompare(got, x.key) == 1, weak, nil
}

// Hash checks a password against the policy and returns its argon2id hash as a PHC
// string, for one-shot tools: it takes no place in a Service's queue. The zero
// HashParams are [HashDefault]; the first pepper is used, as by Config.Peppers.
func Hash(password Secret, p HashParams, seasoning ...Pepper) (string, error) {
	if err := checkPassword("/password", password); err != nil {
		return "", err
	}
	h, err := newHasher(p, seasoning)
	if err != nil {
		return "", err
	}
	return h.hash(context.Background(), password)
}

// VerifyPassword tells whether a password fits a PHC string, argon2id alone. It
// takes no place in a Service's queue: it is for one-shot tools. A hash whose pepper is
// none of those given is [contracts.ErrUnavailable].
func VerifyPassword(hash string, password Secret, seasoning ...Pepper) (bool, error) {
	known, err := newPeppers(seasoning)
	if err != nil {
		return false, err
	}
	x, err := parsePHC(hash)
	if err != nil {
		return false, err
	}
	seasoned, err := known.season(x.pepper, password)
	if err != nil {
		return false, err
	}
	got := argon2.IDKey(seasoned, x.salt, x.params.Time, x.params.MemoryKiB, x.params.Threads, uint32(len(x.key)))
	return subtle.ConstantTimeCompare(got, x.key) == 1, nil
}

// passwordHash is what a PHC string says. Of params it knows the cost alone.
type passwordHash struct {
	params    HashParams
	pepper    string // ID; "" is none
	salt, key []byte
}

// phc renders the PHC string format of argon2id, base64 without padding.
func (x passwordHash) phc() string {
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d%s$%s$%s", argon2.Version, x.params.MemoryKiB, x.params.Time, x.params.Threads, keyID(x.pepper),
		enc.EncodeToString(x.salt), enc.EncodeToString(x.key))
}

var errPHC = contracts.Invalid("/hash", "not an argon2id hash").WithHint("Expected $argon2id$v=19$m=…,t=…,p=…$salt$hash.")

func parsePHC(s string) (x passwordHash, err error) {
	parts := strings.Split(s, "$")
	if len(s) > 512 || len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return x, errPHC
	}
	values := strings.Split(parts[3], ",")
	if len(values) != 3 && len(values) != 4 {
		return x, errPHC
	}
	if len(values) == 4 {
		var ok bool
		if x.pepper, ok = pepperOf(values[3]); !ok {
			return x, errPHC
		}
	}
	var n [3]uint64
	for i, name := range []string{"m=", "t=", "p="} {
		text, ok := strings.CutPrefix(values[i], name)
		if n[i], err = strconv.ParseUint(text, 10, 31); !ok || err != nil {
			return x, errPHC
		}
	}
	if n[0] < 8 || n[0] > maxHashMemory || n[1] < 1 || n[1] > maxHashTime || n[2] < 1 || n[2] > 8 {
		return x, errPHC.With("the hash has parameters out of range")
	}
	x.params = HashParams{MemoryKiB: uint32(n[0]), Time: uint32(n[1]), Threads: uint8(n[2])}
	var errSalt, errKey error
	x.salt, errSalt = base64.RawStdEncoding.DecodeString(parts[4])
	x.key, errKey = base64.RawStdEncoding.DecodeString(parts[5])
	if errors.Join(errSalt, errKey) != nil || len(x.salt) < 8 || len(x.key) < 16 || len(x.key) > 64 {
		return x, errPHC
	}
	return x, nil
}
