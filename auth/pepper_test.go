package auth_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/rs/zerolog"
)

func pepper(id string) auth.Pepper {
	return auth.Pepper{ID: id, Key: auth.Secret(strings.Repeat(id[:1], 32))}
}

// seasoned tells which pepper a stored hash was made with.
func (w *world) seasoned(username string) (hash, id string) {
	w.Helper()
	w.must(w.db.Read.QueryRowContext(w.ctx, `SELECT hash FROM credentials JOIN users ON id = user_id WHERE username = $1`, username).Scan(&hash))
	_, after, _ := strings.Cut(hash, ",keyid=")
	encoded, _, _ := strings.Cut(after, "$")
	raw, err := base64.RawStdEncoding.DecodeString(encoded)
	w.must(err)
	return hash, string(raw)
}

func TestPasswordsArePeppered(t *testing.T) {
	each(t, func(w *world) {
		with := func(p ...auth.Pepper) {
			w.cfg.Peppers = p
			w.Service = w.another()
		}
		try := func(password auth.Secret) error {
			_, err := w.CheckLogin(w.ctx, auth.LoginInput{Username: "somebody", Password: password, IP: "192.0.2.1"})
			return err
		}
		w.user("somebody", contracts.RoleMember)
		if hash, id := w.seasoned("somebody"); id != "" {
			t.Errorf("a pepper without one: %s", hash)
		}
		// Each login brings the hash to the first pepper, from whichever the configuration knows.
		for _, step := range []struct {
			name    string
			peppers []auth.Pepper
			want    string
		}{
			{"the first pepper", []auth.Pepper{pepper("one")}, "one"},
			{"a second one", []auth.Pepper{pepper("two"), pepper("one")}, "two"},
			{"back to the first", []auth.Pepper{pepper("one"), pepper("two")}, "one"},
			{"none any more", []auth.Pepper{{}, pepper("one")}, ""},
			{"as if there had been none", nil, ""},
			{"and again", []auth.Pepper{pepper("two")}, "two"},
		} {
			with(step.peppers...)
			w.wants(try("not this one, is it?"), contracts.ErrBadCredentials)
			w.must(try(goodPassword))
			hash, id := w.seasoned("somebody")
			if id != step.want {
				t.Errorf("%s: the pepper is %q, want %q", step.name, id, step.want)
			}
			w.must(try(goodPassword))
			if again, _ := w.seasoned("somebody"); again != hash {
				t.Errorf("%s: hashed anew without a reason", step.name)
			}
		}
		// Another key under the same name is another pepper.
		with(auth.Pepper{ID: "two", Key: auth.Secret(strings.Repeat("x", 32))})
		w.wants(try(goodPassword), contracts.ErrBadCredentials)
		with(pepper("two"))
		before := w.Hashes()
		w.wants(func() error {
			_, err := w.CheckLogin(w.ctx, auth.LoginInput{Username: "nobody", Password: goodPassword})
			return err
		}(), contracts.ErrBadCredentials)
		if n := w.Hashes() - before; n != 1 {
			t.Errorf("an unknown user costs %d hashes", n)
		}
	})
}

func TestAPepperThatIsMissing(t *testing.T) {
	each(t, func(w *world) {
		with := func(p ...auth.Pepper) {
			w.cfg.Peppers = p
			w.Service = w.another()
		}
		log := new(strings.Builder)
		w.cfg.Log = zerolog.New(zerolog.SyncWriter(log))
		with(pepper("lost"))
		a := w.user("somebody", contracts.RoleMember)
		_, actor := w.signIn(a)
		with(pepper("next"))
		w.user("other", contracts.RoleMember)
		w.WaitErrands()
		// Nobody who is not signed in is told: it would say that there is such a user.
		var commits atomic.Int64
		defer w.db.OnCommit(func(int64, []any) { commits.Add(1) })()
		seen := map[string]string{}
		for _, name := range []string{"nobody", "somebody"} {
			var story []string
			for range auth.DefaultMaxFailures + 1 {
				before := w.Hashes()
				commits.Store(0)
				_, err := w.Login(w.ctx, auth.LoginInput{Username: name, Password: goodPassword, IP: "192.0.2.1"})
				w.WaitErrands()
				story = append(story, fmt.Sprintf("%#v, %d hashes, %d commits", err, w.Hashes()-before, commits.Load()))
			}
			seen[name] = strings.Join(story, "\n")
		}
		if seen["somebody"] != seen["nobody"] {
			t.Errorf("somebody whose pepper is missing:\n%s\nnobody:\n%s", seen["somebody"], seen["nobody"])
		}
		_, err := w.CheckLogin(w.ctx, auth.LoginInput{Username: "somebody", Password: goodPassword, IP: "192.0.2.2"})
		w.wants(err, contracts.ErrBadCredentials)
		if !strings.Contains(log.String(), `pepper \"lost\"`) || !strings.Contains(log.String(), a.UserID) {
			t.Errorf("the operator is not told: %s", log.String())
		}
		// Whoever is there already, and the operator, are.
		before := w.Hashes()
		for _, err := range []error{
			w.Reauth(w.ctx, actor, goodPassword), w.ChangePassword(w.ctx, actor, goodPassword, "another four words then"), w.MissingPepper(w.ctx, "somebody"),
		} {
			var e *contracts.Error
			if !errors.As(err, &e) || e.Code != contracts.CodeUnavailable || !strings.Contains(e.Message, `"lost"`) || !strings.Contains(e.Hint, "pepper") || strings.Contains(err.Error(), goodPassword) {
				t.Fatalf("got %v", err)
			}
		}
		if n := w.Hashes() - before; n != 0 {
			t.Errorf("%d hashes for what cannot be checked", n)
		}
		w.must(w.MissingPepper(w.ctx, "owner"))
		w.must(w.MissingPepper(w.ctx, "nobody@example.org"))
		w.WaitErrands()
		var failed int
		w.must(w.db.Read.QueryRowContext(w.ctx, `SELECT count(*) FROM logins WHERE user_id = $1 AND outcome <> 'ok'`, a.UserID).Scan(&failed))
		if failed != 0 {
			t.Errorf("%d wrong passwords are in the history", failed)
		}
		use, err := w.PepperUse(w.ctx)
		w.must(err)
		// The owner's is from before there was any.
		if got := fmt.Sprint(use); got != "[{ true 1} {next true 1} {lost false 1}]" {
			t.Errorf("in use: %s", got)
		}
		_, err = w.CheckLogin(w.ctx, auth.LoginInput{Username: "other", Password: goodPassword})
		w.must(err)
		w.must(w.SetPassword(w.ctx, w.owner, a.UserID, "another four words then"))
		_, err = w.CheckLogin(w.ctx, auth.LoginInput{Username: "somebody", Password: "another four words then"})
		w.must(err)
		if _, id := w.seasoned("somebody"); id != "next" {
			t.Errorf("the new password has the pepper %q", id)
		}
		w.clock.advance(time.Hour)
	})
}

func TestPeppersWithoutADatabase(t *testing.T) {
	t.Parallel()
	one, two := pepper("one"), pepper("two")
	hash, err := auth.Hash(goodPassword, cheapHash, one, two)
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=64,t=1,p=1,keyid=b25l$") {
		t.Fatalf("got %s, %v", hash, err)
	}
	for _, peppers := range [][]auth.Pepper{{one}, {two, one}, {{}, one}} {
		if ok, err := auth.VerifyPassword(hash, goodPassword, peppers...); err != nil || !ok {
			t.Errorf("%d peppers: %v, %v", len(peppers), ok, err)
		}
		if ok, err := auth.VerifyPassword(hash, "not this one, is it?", peppers...); err != nil || ok {
			t.Errorf("%d peppers, a wrong password: %v, %v", len(peppers), ok, err)
		}
	}
	for _, peppers := range [][]auth.Pepper{nil, {two}, {{}}} {
		if _, err := auth.VerifyPassword(hash, goodPassword, peppers...); !errors.Is(err, contracts.ErrUnavailable) {
			t.Errorf("%d peppers, but not this one: %v", len(peppers), err)
		}
	}
	plain, err := auth.Hash(goodPassword, cheapHash)
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := auth.VerifyPassword(plain, goodPassword, one); err != nil || !ok {
		t.Errorf("a hash from before: %v, %v", ok, err)
	}
	for _, damaged := range []string{"keyid=", "keyid=!", "keyid=b25l=", "keyid=" + base64.RawStdEncoding.EncodeToString([]byte("ninebytes")), "data=b25l", "keyid=b25l,data=b25l"} {
		if _, err := auth.VerifyPassword(strings.Replace(hash, "keyid=b25l", damaged, 1), goodPassword, one); !errors.Is(err, contracts.ErrInvalid) {
			t.Errorf("%s: %v", damaged, err)
		}
	}
}

func TestPeppersThatAreNone(t *testing.T) {
	t.Parallel()
	short, long, again := pepper("short"), pepper("ninebytes"), auth.NewPepper()
	short.Key = short.Key[1:]
	for name, peppers := range map[string][]auth.Pepper{
		"a short key": {short}, "a long ID": {long}, "one ID twice": {again, again}, "no key": {{ID: "one"}}, "no ID": {{Key: again.Key}},
		"a strange ID": {{ID: "a$b", Key: again.Key}}, "none, but later": {again, {}},
	} {
		if _, err := auth.Hash(goodPassword, cheapHash, peppers...); !errors.Is(err, contracts.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := auth.Hash(goodPassword, cheapHash, again, auth.NewPepper()); err != nil {
		t.Error(err)
	}
}
