package auth_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/auth/passkeytest"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/rs/zerolog"
)

const origin = "https://chat.example.org"

var party = auth.RelyingParty{ID: "chat.example.org", Name: "Acme", Origins: []string{origin}}

// addPasskey makes a passkey of a device for the one who is signed in.
func (w *world) addPasskey(device *passkeytest.Authenticator, actor contracts.Actor) auth.NewPasskey {
	w.Helper()
	options, err := w.BeginPasskey(w.ctx, actor, party)
	w.must(err)
	answer, err := device.Create(options)
	w.must(err)
	made, err := w.FinishPasskey(w.ctx, actor, "Laptop", answer)
	w.must(err)
	return made
}

// withPasskey makes somebody with a passkey on a device of their own.
func (w *world) withPasskey(a contracts.Actor) (*passkeytest.Authenticator, auth.NewPasskey, contracts.Actor) {
	w.Helper()
	device := passkeytest.New(origin)
	_, actor := w.signIn(a)
	return device, w.addPasskey(device, actor), actor
}

// passkeyLogin signs in by a passkey alone; change may spoil the answer.
func (w *world) passkeyLogin(device *passkeytest.Authenticator, change ...func([]byte) []byte) (auth.SignedIn, error) {
	w.Helper()
	begun, err := w.BeginPasskeyLogin(w.ctx, party, "192.0.2.1")
	w.must(err)
	answer, err := device.Get(begun.Options)
	w.must(err)
	for _, f := range change {
		answer = f(answer)
	}
	return w.FinishPasskeyLogin(w.ctx, auth.PasskeyLogin{Browser: begun.Browser, Response: answer, Client: "test", IP: "192.0.2.1"})
}

// prove shows a passkey inside a session.
func (w *world) prove(device *passkeytest.Authenticator, actor contracts.Actor) error {
	w.Helper()
	options, err := w.BeginPasskeyProof(w.ctx, actor, party)
	w.must(err)
	answer, err := device.Get(options)
	w.must(err)
	return w.FinishPasskeyProof(w.ctx, actor, answer)
}

func TestAPasskeyFromRegistrationToRemoval(t *testing.T) {
	each(t, func(w *world) {
		a := w.user("somebody", contracts.RoleMember)
		device := passkeytest.New(origin)
		_, actor := w.signIn(a)
		options, err := w.BeginPasskey(w.ctx, actor, party)
		w.must(err)
		var o struct {
			RP          struct{ ID, Name string }
			User        struct{ ID, Name string }
			Attestation string
			Timeout     int
			Selection   struct{ ResidentKey, UserVerification string } `json:"authenticatorSelection"`
		}
		w.must(json.Unmarshal(options, &o))
		if o.RP.ID != party.ID || o.RP.Name != "Acme" || o.User.Name != "somebody" || o.Attestation != "none" || o.Timeout != 300_000 || o.Selection.ResidentKey != "preferred" {
			t.Errorf("options %s", options)
		}
		if len(o.User.ID) < 40 || strings.Contains(string(options), a.UserID) {
			t.Errorf("the user handle is %q", o.User.ID)
		}
		answer, err := device.Create(options)
		w.must(err)
		made, err := w.FinishPasskey(w.ctx, actor, "  Lap\u200btop ", answer)
		w.must(err)
		if made.Name != "Laptop" || made.Host != party.ID || made.Synced || made.LastUsedAt != nil || !contracts.ValidID(contracts.PrefixPasskey, made.ID) {
			t.Errorf("made %+v", made.Passkey)
		}
		if len(made.RecoveryCodes) != 10 {
			t.Errorf("%d recovery codes with the first second factor", len(made.RecoveryCodes))
		}
		// The device does not make a second one; another device does, of the same user, and without new codes.
		options, err = w.BeginPasskey(w.ctx, actor, party)
		w.must(err)
		if _, err := device.Create(options); err == nil {
			t.Error("the browser was not told of the passkey that is there")
		}
		w.clock.advance(time.Second) // passkeys are listed by their age
		phone := passkeytest.New(origin)
		phone.Synced = true
		second := w.addPasskey(phone, actor)
		if len(second.RecoveryCodes) != 0 || !second.Synced {
			t.Errorf("the second passkey %+v", second)
		}
		if !bytes.Equal(phone.Keys[0].Handle, device.Keys[0].Handle) {
			t.Error("two user handles of one user")
		}

		// Signing in by it alone counts as two factors.
		in, err := w.passkeyLogin(device)
		w.must(err)
		if in.User.ID != a.UserID || in.Owes != "" || in.Session.Method != contracts.MethodPasskey || w.owes(in.Access) != "" {
			t.Errorf("signed in %+v, owes %q", in.Session, in.Owes)
		}
		f, err := w.SecondFactors(w.ctx, actor, a.UserID)
		w.must(err)
		if f.Passkeys != 2 || f.TOTP || f.RecoveryCodes != 10 {
			t.Errorf("second factors %+v", f)
		}
		list, err := w.Passkeys(w.ctx, actor, a.UserID)
		w.must(err)
		if len(list) != 2 || list[0].ID != made.ID || list[0].LastUsedAt == nil || list[1].LastUsedAt != nil {
			t.Errorf("listed %+v", list)
		}
		renamed, err := w.RenamePasskey(w.ctx, actor, made.ID, "Old laptop")
		w.must(err)
		if renamed.Name != "Old laptop" || renamed.ID != made.ID {
			t.Errorf("renamed %+v", renamed)
		}
		_, err = w.RenamePasskey(w.ctx, actor, made.ID, " \u200b ")
		w.wants(err, contracts.ErrInvalid)

		// Removing one needs a fresh proof; a removed one signs nobody in.
		w.clock.advance(11 * time.Minute)
		_, err = w.RemovePasskey(w.ctx, actor, made.ID)
		w.wants(err, contracts.ErrReauthRequired)
		_, err = w.BeginPasskey(w.ctx, actor, party)
		w.wants(err, contracts.ErrReauthRequired)
		w.must(w.prove(phone, actor))
		removed, err := w.RemovePasskey(w.ctx, actor, made.ID)
		w.must(err)
		if removed.ID != made.ID || removed.Name != "Old laptop" {
			t.Errorf("removed %+v", removed)
		}
		_, err = w.RemovePasskey(w.ctx, actor, made.ID)
		w.wants(err, contracts.ErrNotFound)
		_, err = w.passkeyLogin(device)
		w.wants(err, contracts.ErrBadCredentials)
		if _, owing := w.login("somebody"); owing.Owes != contracts.ProofSecondFactor {
			t.Errorf("owes %q with one passkey left", owing.Owes)
		}
		_, err = w.RemovePasskey(w.ctx, actor, second.ID)
		w.must(err)
		if in, _ := w.login("somebody"); in.Owes != "" {
			t.Errorf("owes %q without a second factor", in.Owes)
		}
		f, err = w.SecondFactors(w.ctx, actor, a.UserID)
		w.must(err)
		if f.Passkeys != 0 || f.RecoveryCodes != 0 {
			t.Errorf("left behind %+v", f)
		}
	})
}

func TestAPasskeyAsSecondFactorAndAsReauth(t *testing.T) {
	each(t, func(w *world) {
		a := w.user("somebody", contracts.RoleMember)
		device, made, _ := w.withPasskey(a)
		in, owing := w.login("somebody")
		if in.Owes != contracts.ProofSecondFactor {
			t.Fatalf("owes %q after the password", in.Owes)
		}
		// What it owes keeps it from passkeys too.
		_, err := w.BeginPasskey(w.ctx, owing, party)
		w.wants(err, contracts.ErrMFARequired)
		_, err = w.RemovePasskey(w.ctx, owing, made.ID)
		w.wants(err, contracts.ErrMFARequired)
		_, err = w.RenamePasskey(w.ctx, owing, made.ID, "x")
		w.wants(err, contracts.ErrMFARequired)
		device.Unverified = true // a touch is enough where the password was the other factor
		w.must(w.prove(device, owing))
		if owes := w.owes(in.Access); owes != "" {
			t.Errorf("owes %q after the passkey", owes)
		}
		// A recovery code stands in for it.
		_, owing = w.login("somebody")
		_, err = w.VerifySecondFactor(w.ctx, owing, made.RecoveryCodes[0])
		w.must(err)

		actor, err := w.Authenticate(w.ctx, in.Access.Reveal())
		w.must(err)
		w.clock.advance(11 * time.Minute)
		w.wants(w.RequireFresh(w.ctx, actor), contracts.ErrReauthRequired)
		w.must(w.prove(device, actor))
		w.must(w.RequireFresh(w.ctx, actor))

		// Without one for this address there is nothing to prove.
		_, other := w.signIn(w.user("other", contracts.RoleMember))
		_, err = w.BeginPasskeyProof(w.ctx, other, party)
		w.wants(err, contracts.ErrConflict)
		_, err = w.BeginPasskeyProof(w.ctx, actor, auth.RelyingParty{ID: "localhost", Origins: []string{"http://localhost:8080"}})
		w.wants(err, contracts.ErrConflict)
		token := contracts.Actor{UserID: a.UserID, TokenID: "tok_x", Role: contracts.RoleMember, Scopes: []string{"*"}}
		for _, err := range []error{
			second(w.BeginPasskeyProof(w.ctx, token, party)), w.FinishPasskeyProof(w.ctx, token, []byte("{}")),
			second(w.BeginPasskey(w.ctx, token, party)), second(w.FinishPasskey(w.ctx, token, "", []byte("{}"))),
			second(w.RenamePasskey(w.ctx, token, made.ID, "x")), second(w.RemovePasskey(w.ctx, token, made.ID)), second(w.Passkeys(w.ctx, token, a.UserID)),
		} {
			w.wants(err, contracts.ErrForbidden)
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestARoleThatDemandsASecondFactorTakesAPasskey(t *testing.T) {
	each(t, func(w *world) {
		w.user("deputy", contracts.RoleAdmin)
		in, owing := w.login("deputy")
		if in.Owes != contracts.ProofEnrolment {
			t.Fatalf("owes %q", in.Owes)
		}
		device := passkeytest.New(origin)
		made := w.addPasskey(device, owing)
		if owes := w.owes(in.Access); owes != "" {
			t.Errorf("owes %q after the registration", owes)
		}
		actor, err := w.Authenticate(w.ctx, in.Access.Reveal())
		w.must(err)
		_, err = w.RemovePasskey(w.ctx, actor, made.ID)
		w.wants(err, contracts.ErrConflict)
		w.addPasskey(passkeytest.New(origin), actor)
		_, err = w.RemovePasskey(w.ctx, actor, made.ID)
		w.must(err)
	}, func(c *auth.Config) {
		c.SecondFactorRequired = func(_ context.Context, r contracts.Role) (bool, error) { return r == contracts.RoleAdmin, nil }
	})
}

// What makes an answer worthless.
func TestPasskeysThatAreRefused(t *testing.T) {
	each(t, func(w *world) {
		a, b := w.user("somebody", contracts.RoleMember), w.user("other", contracts.RoleMember)
		device, _, actor := w.withPasskey(a)
		others, _, otherActor := w.withPasskey(b)
		replace := func(field, value string) func([]byte) []byte {
			return func(answer []byte) []byte { return replaced(w, answer, field, value) }
		}
		swapped := *device.Keys[0]
		swapped.ID = others.Keys[0].ID // says that it is another's
		swappedHandle := *device.Keys[0]
		swappedHandle.Handle = others.Keys[0].Handle
		unsigned := *device.Keys[0]
		unsigned.RPID = "evil.example"
		for name, device := range map[string]*passkeytest.Authenticator{
			"another origin":            {Origin: "https://evil.example", Keys: device.Keys},
			"plain http":                {Origin: "http://chat.example.org", Keys: device.Keys},
			"another port":              {Origin: origin + ":8443", Keys: device.Keys},
			"nobody verified":           {Origin: origin, Keys: device.Keys, Unverified: true},
			"a key of nobody":           strange(w),
			"another's credential":      {Origin: origin, Keys: []*passkeytest.Key{&swapped}},
			"another's handle":          {Origin: origin, Keys: []*passkeytest.Key{&swappedHandle}},
			"synced where it was not":   {Origin: origin, Keys: device.Keys, Synced: true},
			"data of another authority": {Origin: origin, Keys: []*passkeytest.Key{&unsigned}},
		} {
			begun, err := w.BeginPasskeyLogin(w.ctx, party, "")
			w.must(err)
			options := begun.Options
			if device.Keys[0].RPID != party.ID {
				options = bytes.ReplaceAll(options, []byte(party.ID), []byte(device.Keys[0].RPID))
			}
			answer, err := device.Get(options)
			w.must(err)
			if _, err := w.FinishPasskeyLogin(w.ctx, auth.PasskeyLogin{Browser: begun.Browser, Response: answer}); contracts.CodeOf(err) != contracts.CodeBadCredentials {
				t.Errorf("%s: got %v", name, err)
			}
		}
		for name, change := range map[string]func([]byte) []byte{
			"no signature":           replace("signature", ""),
			"another's signature":    replace("signature", "MEUCIQDx"),
			"another authenticator":  replace("authenticatorData", strings.Repeat("A", 50)),
			"without a handle":       replace("userHandle", ""),
			"a challenge of its own": withChallenge(w, "aGVsbG8gaGVsbG8gaGVsbG8gaGVsbG8"),
		} {
			if _, err := w.passkeyLogin(device, change); contracts.CodeOf(err) != contracts.CodeBadCredentials {
				t.Errorf("%s: got %v", name, err)
			}
		}
		for _, body := range []string{"", "null", "{}", "[]", `{"id":1}`, strings.Repeat("{", 100_000), `{"id":"AAAA","rawId":"AAAA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA"}}`} {
			begun, err := w.BeginPasskeyLogin(w.ctx, party, "")
			w.must(err)
			_, err = w.FinishPasskeyLogin(w.ctx, auth.PasskeyLogin{Browser: begun.Browser, Response: []byte(body)})
			w.wants(err, contracts.ErrInvalid)
			w.wants(w.FinishPasskeyProof(w.ctx, actor, []byte(body)), contracts.ErrInvalid)
			_, err = w.FinishPasskey(w.ctx, actor, "", []byte(body))
			w.wants(err, contracts.ErrInvalid)
		}
		// In a session only one's own counts.
		options, err := w.BeginPasskeyProof(w.ctx, actor, party)
		w.must(err)
		if _, err := others.Get(options); err == nil {
			t.Error("the options name another's passkey")
		}
		var o map[string]any
		w.must(json.Unmarshal(options, &o))
		delete(o, "allowCredentials")
		options, err = json.Marshal(o)
		w.must(err)
		answer, err := others.Get(options)
		w.must(err)
		w.wants(w.FinishPasskeyProof(w.ctx, actor, answer), contracts.ErrBadCredentials)
		w.wants(w.FinishPasskeyProof(w.ctx, otherActor, answer), contracts.ErrBadCredentials)
		w.must(w.prove(others, otherActor))

		// A passkey that is somebody's is not registered again, by whomever.
		options, err = w.BeginPasskey(w.ctx, otherActor, party)
		w.must(err)
		answer, err = passkeytest.New("https://evil.example").Create(options)
		w.must(err)
		_, err = w.FinishPasskey(w.ctx, otherActor, "", answer)
		w.wants(err, contracts.ErrBadCredentials)
		_, err = w.passkeyLogin(device)
		w.must(err) // after all of that
	})
}

func strange(w *world) *passkeytest.Authenticator {
	device := passkeytest.New(origin)
	_, err := device.Create([]byte(`{"rp":{"id":"chat.example.org"},"user":{"id":"AAAA"},"challenge":"AAAA"}`))
	w.must(err)
	return device
}

// replaced is an answer with another response field.
func replaced(w *world, answer []byte, field, value string) []byte {
	w.Helper()
	var a map[string]any
	w.must(json.Unmarshal(answer, &a))
	a["response"].(map[string]any)[field] = value
	out, err := json.Marshal(a)
	w.must(err)
	return out
}

func withChallenge(w *world, challenge string) func([]byte) []byte {
	return func(answer []byte) []byte {
		client := fmt.Sprintf(`{"type":"webauthn.get","challenge":%q,"origin":%q}`, challenge, origin)
		return replaced(w, answer, "clientDataJSON", base64.RawURLEncoding.EncodeToString([]byte(client)))
	}
}

func TestAChallengeWorksOnceAndForItsPurpose(t *testing.T) {
	each(t, func(w *world) {
		a := w.user("somebody", contracts.RoleMember)
		_, elsewhere := w.signIn(a)
		device, _, actor := w.withPasskey(a)
		begun, err := w.BeginPasskeyLogin(w.ctx, party, "")
		w.must(err)
		var stored int
		w.must(w.db.Read.QueryRowContext(w.ctx, `SELECT count(*) FROM webauthn_challenges WHERE length(challenge_hash) <> 64`).Scan(&stored))
		if stored != 0 {
			t.Error("challenges are stored in the clear")
		}
		answer, err := device.Get(begun.Options)
		w.must(err)
		finish := func(browser auth.Secret) error {
			return second(w.FinishPasskeyLogin(w.ctx, auth.PasskeyLogin{Browser: browser, Response: answer}))
		}
		// Another browser, or none, and other purposes: the challenge stays unused.
		w.wants(finish(""), contracts.ErrBadCredentials)
		w.wants(finish(begun.Browser+"x"), contracts.ErrBadCredentials)
		w.wants(w.FinishPasskeyProof(w.ctx, actor, answer), contracts.ErrBadCredentials)
		w.must(finish(begun.Browser))
		w.wants(finish(begun.Browser), contracts.ErrBadCredentials) // a replay
		// Of many at once one wins.
		begun, err = w.BeginPasskeyLogin(w.ctx, party, "")
		w.must(err)
		answer, err = device.Get(begun.Options)
		w.must(err)
		if n := w.won(atOnce(5, func(int) error { return finish(begun.Browser) }), contracts.ErrBadCredentials); n != 1 {
			t.Errorf("%d of 5 signed in by one answer", n)
		}
		// What failed is used up too.
		begun, err = w.BeginPasskeyLogin(w.ctx, party, "")
		w.must(err)
		good, err := device.Get(begun.Options)
		w.must(err)
		answer = replaced(w, good, "signature", "MEUCIQDx")
		w.wants(finish(begun.Browser), contracts.ErrBadCredentials)
		answer = good
		w.wants(finish(begun.Browser), contracts.ErrBadCredentials)
		// Five minutes.
		begun, err = w.BeginPasskeyLogin(w.ctx, party, "")
		w.must(err)
		answer, err = device.Get(begun.Options)
		w.must(err)
		w.clock.advance(5 * time.Minute)
		w.wants(finish(begun.Browser), contracts.ErrBadCredentials)

		// In a session: this session's, the newest one, once, for its purpose.
		older, err := w.BeginPasskeyProof(w.ctx, actor, party)
		w.must(err)
		options, err := w.BeginPasskeyProof(w.ctx, actor, party)
		w.must(err)
		answer, err = device.Get(older)
		w.must(err)
		w.wants(w.FinishPasskeyProof(w.ctx, actor, answer), contracts.ErrBadCredentials)
		answer, err = device.Get(options)
		w.must(err)
		w.wants(w.FinishPasskeyProof(w.ctx, elsewhere, answer), contracts.ErrBadCredentials)
		w.must(w.FinishPasskeyProof(w.ctx, actor, answer))
		w.wants(w.FinishPasskeyProof(w.ctx, actor, answer), contracts.ErrBadCredentials)
		options, err = w.BeginPasskey(w.ctx, actor, party)
		w.must(err)
		created, err := passkeytest.New(origin).Create(options)
		w.must(err)
		_, err = w.FinishPasskey(w.ctx, elsewhere, "", created)
		w.wants(err, contracts.ErrBadCredentials)
		_, err = w.FinishPasskey(w.ctx, actor, "", created)
		w.must(err)
		_, err = w.FinishPasskey(w.ctx, actor, "", created)
		w.wants(err, contracts.ErrBadCredentials)

		// Old ones are swept away.
		_, err = w.BeginPasskeyLogin(w.ctx, party, "")
		w.must(err)
		w.clock.advance(5 * time.Minute)
		_, err = w.Prune(w.ctx)
		w.must(err)
		w.must(w.db.Read.QueryRowContext(w.ctx, `SELECT count(*) FROM webauthn_challenges`).Scan(&stored))
		if stored != 0 {
			t.Errorf("%d old challenges", stored)
		}
	})
}

func TestACounterThatGoesBack(t *testing.T) {
	each(t, func(w *world) {
		log := &bytes.Buffer{}
		w.cfg.Log = zerolog.New(log)
		w.Service = w.another()
		device, made, actor := w.withPasskey(w.user("somebody", contracts.RoleMember))
		key := device.Keys[0]
		login := func() error { return second(w.passkeyLogin(device)) }
		w.must(login()) // one that does not count
		key.Counter = 7
		w.must(login())
		copied := *key // now 8; the thief signs first
		clone := &passkeytest.Authenticator{Origin: origin, Keys: []*passkeytest.Key{&copied}}
		_, err := w.passkeyLogin(clone)
		w.must(err)
		if strings.Contains(log.String(), "counter") {
			t.Errorf("logged before: %s", log)
		}
		w.wants(login(), contracts.ErrBadCredentials) // its owner is told
		key.Counter = 8
		w.wants(w.prove(device, actor), contracts.ErrBadCredentials)
		if !strings.Contains(log.String(), `"level":"warn"`) || !strings.Contains(log.String(), made.ID) || !strings.Contains(log.String(), "counter of a passkey went back") {
			t.Errorf("logged: %s", log)
		}
		key.Counter = 0
		w.wants(login(), contracts.ErrBadCredentials)
		key.Counter = 20
		w.must(login())
	})
}
