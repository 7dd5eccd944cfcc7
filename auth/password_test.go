package auth_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
	"github.com/dankerchat/dankerchat/contracts/sqldb/sqldbtest"
)

func TestPasswordPolicy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		password string
		ok       bool
	}{
		{"nine characters are too few", "abcdefg12", false},
		{"ten characters are enough", "abzdefg12k", true},
		{"ten characters of four bytes count as ten", "🐎🔋🧷🧵🐎🔋🧷🧵🐎🔋", true},
		{"nine characters of four bytes are nine", "🐎🔋🧷🧵🐎🔋🧷🧵🐎", false},
		{"128 characters are allowed", strings.Repeat("abcdefgh", 16), true},
		{"129 characters are too many", strings.Repeat("abcdefgh", 16) + "x", false},
		{"more than 1,024 bytes are too many", strings.Repeat("👩‍👩‍👧‍👦", 41), false},
		{"a megabyte is too much", strings.Repeat("abcdefgh", 1<<17), false},
		{"invalid UTF-8 is refused", "abcdefgh\xff\xfe12", false},
		{"NUL is a character like any other", "abcdefgh\x00123", true},
		{"a leading space stays", " abcdefghi", true},
		{"a much-used one is refused", "password123", false},
		{"a much-used one is refused in any case", "QwertyUiop", false},
		{"three different characters are too few", "abcabcabcabc", false},
		{"the user name is refused", "Longusername", false},
		{"the email address is refused", "long@example.org", false},
		{"digits alone are allowed", "58209471366", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := auth.CheckPassword(auth.Secret(c.password), "longusername", "long@example.org")
			if (err == nil) != c.ok {
				t.Errorf("got %v, want ok=%v", err, c.ok)
			}
			if err != nil && contracts.CodeOf(err) != contracts.CodeInvalid {
				t.Errorf("code %s, want invalid", contracts.CodeOf(err))
			}
		})
	}
}

func TestPasswordIsTakenExactly(t *testing.T) {
	each(t, func(w *world) {
		for _, password := range []auth.Secret{" leading space", "with\x00nul inside", "Grüße an alle", "trailing space "} {
			hash, err := w.HashPassword(w.ctx, password)
			w.must(err)
			for _, other := range []auth.Secret{auth.Secret(strings.TrimSpace(password.Reveal())), auth.Secret(strings.ReplaceAll(password.Reveal(), "\x00", "")), auth.Secret(strings.ToLower(password.Reveal()))} {
				ok, err := auth.VerifyPassword(hash, other)
				w.must(err)
				if ok != (other == password) {
					w.Errorf("a similar password is taken for the same: %q", hash)
				}
			}
		}
	})
}

func TestHashIsPHC(t *testing.T) {
	each(t, func(w *world) {
		hash, err := w.HashPassword(w.ctx, goodPassword)
		w.must(err)
		if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
			w.Errorf("not a PHC string: %s", hash)
		}
		again, err := w.HashPassword(w.ctx, goodPassword)
		w.must(err)
		if again == hash {
			w.Error("two hashes of one password are equal: no salt")
		}
	}, func(c *auth.Config) { c.Hash = auth.HashParams{} })
}

func TestHashWithoutADatabase(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]auth.HashParams{"m=64,t=1": cheapHash, "m=7168,t=5": auth.HashSmall, "m=19456,t=2": {}} {
		hash, err := auth.Hash(goodPassword, p)
		if err != nil || !strings.Contains(hash, "$"+name+",p=1$") {
			t.Errorf("got %s, %v", hash, err)
		}
		if ok, err := auth.VerifyPassword(hash, goodPassword); err != nil || !ok {
			t.Errorf("%s: %v, %v", name, ok, err)
		}
	}
	if _, err := auth.Hash("short", cheapHash); !errors.Is(err, contracts.ErrInvalid) {
		t.Errorf("a short password: %v", err)
	}
	for _, p := range []auth.HashParams{{MemoryKiB: 1, Time: 1, Threads: 1}, {MemoryKiB: 64, Threads: 1}, {MemoryKiB: 1 << 20, Time: 1, Threads: 1}} {
		if _, err := auth.Hash(goodPassword, p); !errors.Is(err, contracts.ErrInvalid) {
			t.Errorf("%+v: %v", p, err)
		}
	}
}

// The vector is what the reference implementation's command line prints for
// "password", salt "somesalt", -id -t 2 -m 16 -p 1.
func TestHashOfTheReferenceImplementation(t *testing.T) {
	t.Parallel()
	const hash = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if ok, err := auth.VerifyPassword(hash, "password"); err != nil || !ok {
		t.Errorf("the right password: %v, %v", ok, err)
	}
	if ok, err := auth.VerifyPassword(hash, "passwore"); err != nil || ok {
		t.Errorf("a wrong password: %v, %v", ok, err)
	}
}

func TestDamagedHashIsRefused(t *testing.T) {
	t.Parallel()
	const good = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if _, err := auth.VerifyPassword(good, "x"); err != nil {
		t.Fatalf("the good one: %v", err)
	}
	for name, change := range map[string][2]string{
		"another algorithm": {"argon2id", "argon2i"}, "another version": {"v=19", "v=16"}, "no memory": {"m=64", "m=0"},
		"a terabyte": {"m=64", "m=1073741824"}, "overflow": {"m=64", "m=4294967360"}, "negative": {"t=1", "t=-1"}, "no passes": {"t=1", "t=0"},
		"no threads": {"p=1", "p=0"}, "many threads": {"p=1", "p=255"}, "missing": {",p=1", ""}, "order": {"m=64,t=1", "t=1,m=64"},
		"short salt": {"c29tZXNhbHQ", "c2E"}, "bad base64": {"c29tZXNhbHQ", "c29t!"}, "short key": {"CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "CTFh"},
		"empty": {good, ""}, "bcrypt": {good, "$2a$10$abcdefghijklmnopqrstuv"}, "tail": {"GRPPc", "GRPPc$x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := auth.VerifyPassword(strings.Replace(good, change[0], change[1], 1), "x"); !errors.Is(err, contracts.ErrInvalid) {
				t.Errorf("got %v, want invalid", err)
			}
		})
	}
}

func TestHashQueueIsBounded(t *testing.T) {
	each(t, func(w *world) {
		full := w.Occupy(1 + 32)
		_, err := w.Login(w.ctx, auth.LoginInput{Username: "owner", Password: goodPassword})
		w.wants(err, contracts.ErrBusy) // who waits for a place waits for ever
		var e *contracts.Error
		if !errors.As(err, &e) || e.RetryAfter < 1 {
			w.Errorf("no RetryAfter: %v", err)
		}
		_, err = w.HashPassword(w.ctx, goodPassword)
		w.wants(err, contracts.ErrBusy)
		full()

		// A caller who leaves while waiting gives the place back.
		almost := w.Occupy(32)
		ctx, cancel := context.WithCancel(w.ctx)
		done := make(chan error)
		go func() { _, err := w.HashPassword(ctx, goodPassword); done <- err }()
		for w.Places() < 33 {
			runtime.Gosched()
		}
		cancel()
		w.wants(<-done, context.Canceled)
		if w.Places() != 32 {
			w.Errorf("%d places taken, want 32", w.Places())
		}
		almost()
		_, err = w.Login(w.ctx, auth.LoginInput{Username: "owner", Password: goodPassword})
		w.must(err)
	}, func(c *auth.Config) {
		c.Hash = auth.HashParams{MemoryKiB: 64, Time: 1, Threads: 1, Running: 1, Waiting: 32}
	})
}

// Five hundred at once: at most 33 are let in, one computes, and the memory stays
// that of a few computations. Not parallel, so that the memory is its own.
func TestHashFloodTakesLittleMemory(t *testing.T) {
	flood := func(w *world) {
		var peak atomic.Uint64
		stop := make(chan struct{})
		var watch sync.WaitGroup
		var before runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		watch.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(2 * time.Millisecond):
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					peak.Store(max(peak.Load(), m.HeapInuse))
				}
			}
		})
		counted := w.Hashes()
		errs := atOnce(500, func(int) error {
			_, err := w.HashPassword(w.ctx, goodPassword)
			return err
		})
		close(stop)
		watch.Wait()
		done := w.won(errs, contracts.ErrBusy)
		if done < 33 || int64(done) != w.Hashes()-counted {
			w.Errorf("%d hashes answered, %d computed; at least the 33 places were free", done, w.Hashes()-counted)
		}
		if grown := int64(peak.Load()) - int64(before.HeapInuse); grown > 100<<20 {
			w.Errorf("the heap grew by %d MiB", grown>>20)
		}
	}
	for _, d := range sqldbtest.Dialects() {
		t.Run(string(d), func(t *testing.T) {
			flood(newWorld(t, sqldbtest.Open(t, d, auth.Migrations), func(c *auth.Config) { c.Hash = auth.HashDefault }))
		})
	}
}

// In a program that has much in memory a password must not cost a look at all of it. Not
// parallel, so that the collections are its own.
func TestHashesLeaveALargeHeapToTheCollector(t *testing.T) {
	w := newWorld(t, sqldbtest.Open(t, sqldb.SQLite, auth.Migrations), func(c *auth.Config) { c.Hash = auth.HashDefault })
	much := make([]byte, 256<<20)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range 5 {
		_, err := w.HashPassword(w.ctx, goodPassword)
		w.must(err)
	}
	runtime.ReadMemStats(&after)
	if forced := after.NumForcedGC - before.NumForcedGC; forced > 0 {
		w.Errorf("five passwords forced %d collections of %d MiB", forced, len(much)>>20)
	}
	runtime.KeepAlive(much)
}

func TestChangePassword(t *testing.T) {
	each(t, func(w *world) {
		member1 := w.user("member1", contracts.RoleMember)
		_, asking := w.signIn(member1)
		other, _ := w.signIn(member1)
		head := w.head()

		err := w.ChangePassword(w.ctx, asking, "not the old one", "five new words in here")
		w.wants(err, contracts.ErrBadCredentials)
		err = w.ChangePassword(w.ctx, asking, goodPassword, "short")
		w.wants(err, contracts.ErrInvalid)
		if w.head() != head {
			w.Error("a refused change left events")
		}
		w.must(w.ChangePassword(w.ctx, asking, goodPassword, "five new words in here"))

		if _, err := w.Authenticate(w.ctx, other.Secret.Reveal()); !errors.Is(err, contracts.ErrUnauthenticated) {
			w.Errorf("the other session goes on: %v", err)
		}
		sessions, err := w.Sessions(w.ctx, asking, member1.UserID)
		w.must(err)
		if len(sessions) != 1 || !sessions[0].Current {
			w.Errorf("want the asking session alone: %+v", sessions)
		}
		_, err = w.Login(w.ctx, auth.LoginInput{Username: "member1", Password: goodPassword})
		w.wants(err, contracts.ErrBadCredentials)
		_, err = w.Login(w.ctx, auth.LoginInput{Username: "member1", Password: "five new words in here"})
		w.must(err)

		_, byToken := w.token(member1, "*")
		w.wants(w.ChangePassword(w.ctx, byToken, "five new words in here", goodPassword), contracts.ErrForbidden)
		w.wants(w.ChangePassword(w.ctx, contracts.Actor{}, "", goodPassword), contracts.ErrForbidden)
	})
}

// Guessing the current password counts like guessing at the login.
func TestChangePasswordIsThrottled(t *testing.T) {
	each(t, func(w *world) {
		member1 := w.user("member1", contracts.RoleMember)
		member1.IP = "192.0.2.7"
		for range 5 {
			w.wants(w.ChangePassword(w.ctx, member1, "wrong but long", "five new words in here"), contracts.ErrBadCredentials)
		}
		w.wants(w.ChangePassword(w.ctx, member1, goodPassword, "five new words in here"), contracts.ErrRateLimited)
	})
}

func TestSetPassword(t *testing.T) {
	each(t, func(w *world) {
		admin, member1 := w.user("admin1", contracts.RoleAdmin), w.user("member1", contracts.RoleMember)
		session, _ := w.signIn(member1)
		const fresh = "five new words in here"
		for _, c := range []struct {
			name  string
			actor contracts.Actor
			user  string
			want  error
		}{
			{"a member sets nobody's", member1, admin.UserID, contracts.ErrForbidden},
			{"an admin does not set an owner's", admin, w.owner.UserID, contracts.ErrForbidden},
			{"nobody sets their own without the old one", admin, admin.UserID, contracts.ErrForbidden},
			{"of nobody", admin, contracts.NewID("usr"), contracts.ErrNotFound},
			{"an admin sets a member's", admin, member1.UserID, nil},
			{"the operator sets an owner's", contracts.Operator, w.owner.UserID, nil},
		} {
			if err := w.SetPassword(w.ctx, c.actor, c.user, fresh); c.want == nil && err != nil || c.want != nil && !errors.Is(err, c.want) {
				w.Errorf("%s: got %v, want %v", c.name, err, c.want)
			}
		}
		_, err := w.Authenticate(w.ctx, session.Access.Reveal())
		w.wants(err, contracts.ErrUnauthenticated)
		_, err = w.Login(w.ctx, auth.LoginInput{Username: "member1", Password: fresh})
		w.must(err)
		bot, err := w.CreateUser(w.ctx, contracts.Operator, auth.NewUser{Username: "robot", Bot: true})
		w.must(err)
		w.wants(w.SetPassword(w.ctx, contracts.Operator, bot.ID, fresh), contracts.ErrConflict)
	})
}
