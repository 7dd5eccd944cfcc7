package auth_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/auth/oidctest"
	"github.com/dankerchat/dankerchat/contracts"
)

const redirect = "https://chat.example.org/api/v1/auth/oidc/corp/callback"

// site is a world with an identity provider, "corp".
type site struct {
	*world
	idp *oidctest.Provider
}

// eachSite runs a test on both engines, each with a provider of its own.
func eachSite(t *testing.T, change func(*auth.OIDCProvider), fn func(w *site), more ...func(*auth.Config)) {
	t.Helper()
	each(t, func(w *world) {
		idp := newIDP(w)
		corp := auth.OIDCProvider{Name: "corp", Label: "Corp", Issuer: idp.Issuer, ClientID: idp.ClientID, ClientSecret: auth.Secret(idp.ClientSecret), CreateUsers: true}
		if change != nil {
			change(&corp)
		}
		w.cfg.Providers = []auth.OIDCProvider{corp}
		for _, f := range more {
			f(&w.cfg)
		}
		w.Service = w.another()
		fn(&site{w, idp})
	})
}

func newIDP(w *world) *oidctest.Provider {
	w.Helper()
	idp, err := oidctest.New()
	w.must(err)
	w.Cleanup(idp.Close)
	idp.Now = w.clock.Now
	return idp
}

// person is whom the provider signs in from now on.
func (w *site) person(sub string, claims ...any) {
	w.idp.Person = map[string]any{"sub": sub}
	for i := 0; i < len(claims); i += 2 {
		w.idp.Person[claims[i].(string)] = claims[i+1]
	}
}

// go to the provider and back; change may spoil the answer.
func (w *site) travel(in auth.OIDCStart, change ...func(*auth.OIDCAnswer)) (auth.OIDCDone, error) {
	w.Helper()
	answer := w.answer(in)
	for _, f := range change {
		f(&answer)
	}
	return w.FinishOIDC(w.ctx, answer)
}

// answer is what the browser comes back from the provider with.
func (w *site) answer(in auth.OIDCStart) auth.OIDCAnswer {
	w.Helper()
	in.Provider, in.Redirect = "corp", redirect
	begun, err := w.StartOIDC(w.ctx, in)
	w.must(err)
	q, err := w.idp.Browse(begun.URL)
	w.must(err)
	return auth.OIDCAnswer{
		Provider: "corp", State: q.Get("state"), Code: auth.Secret(q.Get("code")), Issuer: q.Get("iss"), Error: q.Get("error"),
		Browser: begun.Browser, Actor: in.Actor, Client: "web/1", IP: "192.0.2.7",
	}
}

// refused fails unless an error has that reason and matches a sentinel.
func (w *site) refused(err error, reason auth.Refusal, sentinel error) {
	w.Helper()
	var e *auth.RefusedError
	if !errors.As(err, &e) || e.Reason != reason {
		w.Fatalf("got error %v, want reason %q", err, reason)
	}
	w.wants(err, sentinel)
}

func TestSomebodyNewSignsInThroughAProvider(t *testing.T) {
	eachSite(t, nil, func(w *site) {
		if list := w.Providers(); len(list) != 1 || list[0] != (contracts.Provider{Name: "corp", Label: "Corp"}) {
			t.Errorf("providers %+v", list)
		}
		w.person("42", "preferred_username", "Jo.Smith@corp.example", "name", "Jo Smith", "email", "jo@corp.example", "email_verified", true)
		head := w.head()
		done, err := w.travel(auth.OIDCStart{Next: "/c/general?x=1"})
		w.must(err)
		u := done.User
		if u.Username != "jo.smith" || u.DisplayName != "Jo Smith" || u.Email != "jo@corp.example" || u.Role != contracts.RoleMember || !done.Created || done.Linked {
			t.Errorf("made %+v, created %v, linked %v", u, done.Created, done.Linked)
		}
		if done.Next != "/c/general?x=1" || done.Owes != "" || done.Session.Method != contracts.MethodOIDC || done.Session.Client != "web/1" || done.Session.IP != "192.0.2.7" {
			t.Errorf("signed in %+v", done)
		}
		if types := w.types(head); len(types) != 1 || types[0] != contracts.EventUserCreated {
			t.Errorf("events %v", types)
		}
		actor, err := w.Authenticate(w.ctx, done.Secret.Reveal())
		w.must(err)
		if actor.UserID != u.ID || actor.Owes != "" {
			t.Errorf("actor %+v", actor)
		}
		w.must(w.RequireFresh(w.ctx, actor))

		// The same account again is the same user, under whatever name it has now.
		w.person("42", "preferred_username", "other", "name", "Another Name", "email", "moved@corp.example", "email_verified", true)
		again, err := w.travel(auth.OIDCStart{})
		w.must(err)
		if again.User.ID != u.ID || again.Created || again.Linked || again.Next != "/" || again.Session.ID == done.Session.ID {
			t.Errorf("again %+v", again)
		}
		list, err := w.Identities(w.ctx, actor, u.ID)
		w.must(err)
		if len(list) != 1 || list[0].Provider != "corp" || list[0].Subject != "42" || list[0].Label != "moved@corp.example" || list[0].LastUsedAt == nil || !contracts.ValidID(contracts.PrefixIdentity, list[0].ID) {
			t.Errorf("identities %+v", list)
		}
	})
}

func TestUsernamesOfNewcomersAreFreeAndValid(t *testing.T) {
	eachSite(t, nil, func(w *site) {
		w.user("jo", contracts.RoleMember)
		for i, c := range []struct{ preferred, email, name, want string }{
			{"jo", "", "", "jo2"}, {"JO", "", "", "jo3"},
			{"Über Öl", "", "", "über.öl"}, {"admin", "root@x.example", "Second Member", "second.member"},
			{"mоre", "", "", "mre"}, // a Cyrillic о among Latin letters
			{"", "first.last+tag@x.example", "", "first.last.tag"}, {"../../etc", "", "", "etc"}, {"\x00\u202e", "", "", "user"},
			{strings.Repeat("long", 20), "", "", "longlonglonglonglonglonglong"}, {strings.Repeat("long", 20), "", "", "longlonglonglonglonglonglong2"},
		} {
			w.person("n"+string(rune('a'+i)), "preferred_username", c.preferred, "email", c.email, "name", c.name)
			done, err := w.travel(auth.OIDCStart{})
			w.must(err)
			if done.User.Username != c.want || done.User.Email != "" {
				t.Errorf("%q, %q, %q became %q with the address %q, want %q", c.preferred, c.email, c.name, done.User.Username, done.User.Email, c.want)
			}
		}
	})
}

func TestWhatANewcomerIsRefused(t *testing.T) {
	closed := func(c *auth.Config) {
		c.SignupAllowed = func(context.Context, auth.Joining) error { return contracts.ErrForbidden.With("closed") }
	}
	t.Run("accounts are not made this way", func(t *testing.T) {
		eachSite(t, func(p *auth.OIDCProvider) { p.CreateUsers = false }, func(w *site) {
			_, err := w.travel(auth.OIDCStart{})
			w.refused(err, auth.RefusedUnknown, contracts.ErrForbidden)
		})
	})
	t.Run("the registration is closed", func(t *testing.T) {
		eachSite(t, nil, func(w *site) {
			head := w.head()
			_, err := w.travel(auth.OIDCStart{})
			w.refused(err, auth.RefusedClosed, contracts.ErrForbidden)
			if types := w.types(head); len(types) != 0 {
				t.Errorf("events %v", types)
			}
		}, closed)
	})
	t.Run("who is known comes in all the same", func(t *testing.T) {
		eachSite(t, nil, func(w *site) {
			a := w.user("jo", contracts.RoleMember)
			_, err := w.LinkIdentity(w.ctx, contracts.Operator, auth.NewIdentity{UserID: a.UserID, Provider: "corp", Subject: "42"})
			w.must(err)
			w.person("42")
			done, err := w.travel(auth.OIDCStart{})
			w.must(err)
			if done.User.ID != a.UserID {
				t.Errorf("signed in as %+v", done.User)
			}
			_, err = w.Suspend(w.ctx, contracts.Operator, a.UserID)
			w.must(err)
			_, err = w.travel(auth.OIDCStart{})
			w.refused(err, auth.RefusedUser, contracts.ErrSuspended)
			if _, err := w.Authenticate(w.ctx, done.Secret.Reveal()); err == nil {
				t.Error("the session goes on")
			}
		}, closed)
	})
}

// An address links only when both sides had it proved.
func TestAnAddressLinksOnlyWhenBothSidesProvedIt(t *testing.T) {
	eachSite(t, func(p *auth.OIDCProvider) { p.LinkByVerifiedEmail = true }, func(w *site) {
		proved, err := w.CreateUser(w.ctx, contracts.Operator, auth.NewUser{Username: "proved", Email: "Proved@x.example"})
		w.must(err)
		self := w.fresh(w.user("self", contracts.RoleMember))
		address := "self@x.example"
		_, err = w.UpdateUser(w.ctx, self, self.UserID, auth.UserUpdate{Email: &address})
		w.must(err)

		// Not verified there: somebody else, without the address.
		w.person("1", "email", "proved@x.example", "preferred_username", "guess")
		done, err := w.travel(auth.OIDCStart{})
		w.must(err)
		if done.User.ID == proved.ID || done.User.Email != "" {
			t.Errorf("an address that is not verified made %+v", done.User)
		}
		// The ID token names one address, the user info says of another that it is verified.
		w.person("2", "email", "proved@x.example")
		w.idp.UserInfo = map[string]any{"sub": "2", "email": "attacker@x.example", "email_verified": true, "preferred_username": "other"}
		done, err = w.travel(auth.OIDCStart{})
		w.must(err)
		if done.User.ID == proved.ID {
			t.Error("two sources were mixed")
		}
		w.idp.UserInfo = nil
		// Not proved here: it is said to be taken, and nothing is linked.
		w.person("3", "email", address, "email_verified", true)
		_, err = w.travel(auth.OIDCStart{})
		w.refused(err, auth.RefusedTaken, contracts.ErrConflict)
		// On both sides.
		w.person("4", "email", "proved@X.example", "email_verified", "true")
		done, err = w.travel(auth.OIDCStart{})
		w.must(err)
		if done.User.ID != proved.ID || !done.Linked || done.Created {
			t.Errorf("signed in as %+v", done)
		}
		// Proved counts for the address that was, not for the next one.
		_, actor := w.signIn(contracts.Actor{UserID: proved.ID})
		next := "next@x.example"
		_, err = w.UpdateUser(w.ctx, actor, proved.ID, auth.UserUpdate{Email: &next})
		w.must(err)
		w.person("5", "email", next, "email_verified", true)
		_, err = w.travel(auth.OIDCStart{})
		w.refused(err, auth.RefusedTaken, contracts.ErrConflict)
	})
}

func TestWithoutTheSettingNoAddressLinks(t *testing.T) {
	eachSite(t, nil, func(w *site) {
		_, err := w.CreateUser(w.ctx, contracts.Operator, auth.NewUser{Username: "proved", Email: "proved@x.example"})
		w.must(err)
		w.person("4", "email", "proved@x.example", "email_verified", true)
		_, err = w.travel(auth.OIDCStart{})
		w.refused(err, auth.RefusedTaken, contracts.ErrConflict)
	})
}

func TestGroupsDecideTheRole(t *testing.T) {
	roles := func(p *auth.OIDCProvider) {
		p.GroupsClaim = "realm_access.roles"
		p.Roles = map[string]contracts.Role{"staff": contracts.RoleMember, "ops": contracts.RoleAdmin, "partners": contracts.RoleGuest}
	}
	eachSite(t, roles, func(w *site) {
		groups := func(list ...any) {
			w.idp.UserInfo = map[string]any{"sub": "1", "realm_access": map[string]any{"roles": list}}
		}
		w.person("1")
		_, err := w.travel(auth.OIDCStart{})
		w.refused(err, auth.RefusedGroup, contracts.ErrForbidden)
		groups("others", 7)
		_, err = w.travel(auth.OIDCStart{})
		w.refused(err, auth.RefusedGroup, contracts.ErrForbidden)
		groups("partners", "staff")
		done, err := w.travel(auth.OIDCStart{})
		w.must(err)
		if done.User.Role != contracts.RoleMember || !done.Created || done.Former != "" {
			t.Errorf("made a %s, before %q", done.User.Role, done.Former)
		}
		groups("ops")
		head := w.head()
		done, err = w.travel(auth.OIDCStart{})
		w.must(err)
		if done.User.Role != contracts.RoleAdmin || done.Former != contracts.RoleMember {
			t.Errorf("now %s, before %q", done.User.Role, done.Former)
		}
		if types := w.types(head); len(types) != 1 || types[0] != contracts.EventUserUpdated {
			t.Errorf("events %v", types)
		}
		actor, err := w.Authenticate(w.ctx, done.Secret.Reveal())
		if w.must(err); actor.Role != contracts.RoleAdmin {
			t.Errorf("the session acts as %s", actor.Role)
		}
		groups("partners")
		_, err = w.travel(auth.OIDCStart{})
		w.must(err)
		if actor, err = w.Authenticate(w.ctx, done.Secret.Reveal()); err != nil || actor.Role != contracts.RoleGuest {
			t.Errorf("the session of before acts as %s, %v", actor.Role, err)
		}
		groups()
		_, err = w.travel(auth.OIDCStart{})
		w.refused(err, auth.RefusedGroup, contracts.ErrForbidden)

		// An owner stays one, the last one above all.
		_, err = w.LinkIdentity(w.ctx, contracts.Operator, auth.NewIdentity{UserID: w.owner.UserID, Provider: "corp", Subject: "boss"})
		w.must(err)
		w.person("boss")
		w.idp.UserInfo = map[string]any{"sub": "boss", "realm_access": map[string]any{"roles": []string{"partners"}}}
		done, err = w.travel(auth.OIDCStart{})
		w.must(err)
		if done.User.Role != contracts.RoleOwner || done.Former != "" {
			t.Errorf("the owner is %s", done.User.Role)
		}
	})
}

func TestWithoutGroupsARoleStays(t *testing.T) {
	eachSite(t, nil, func(w *site) {
		w.person("1", "groups", []string{"ops", "owner", "admin"})
		done, err := w.travel(auth.OIDCStart{})
		w.must(err)
		if done.User.Role != contracts.RoleMember {
			t.Errorf("made a %s", done.User.Role)
		}
		_, err = w.SetRole(w.ctx, contracts.Operator, done.User.ID, contracts.RoleAdmin)
		w.must(err)
		if done, err = w.travel(auth.OIDCStart{}); err != nil || done.User.Role != contracts.RoleAdmin {
			t.Errorf("now %s, %v", done.User.Role, err)
		}
	})
}

func TestProvidersThatAreNone(t *testing.T) {
	t.Parallel()
	good := auth.OIDCProvider{Name: "corp", Issuer: "https://id.example.org", ClientID: "chat"}
	for name, change := range map[string]func(*auth.OIDCProvider){
		"a name with letters that addresses escape": func(p *auth.OIDCProvider) { p.Name = "Corp/../x" },
		"plain http elsewhere":                      func(p *auth.OIDCProvider) { p.Issuer = "http://id.example.org" },
		"an issuer with a query":                    func(p *auth.OIDCProvider) { p.Issuer += "?tenant=1" },
		"a password in the issuer":                  func(p *auth.OIDCProvider) { p.Issuer = "https://u:p@id.example.org" },
		"no client":                                 func(p *auth.OIDCProvider) { p.ClientID = "" },
		"a group of owners":                         func(p *auth.OIDCProvider) { p.Roles = map[string]contracts.Role{"x": contracts.RoleOwner} },
		"a role that there is not":                  func(p *auth.OIDCProvider) { p.Roles = map[string]contracts.Role{"x": "king"} },
	} {
		p := good
		change(&p)
		if _, err := auth.New(t.Context(), nil, auth.Config{Hash: cheapHash, Providers: []auth.OIDCProvider{p}}); !errors.Is(err, contracts.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := auth.New(t.Context(), nil, auth.Config{Hash: cheapHash, Providers: []auth.OIDCProvider{good, good}}); !errors.Is(err, contracts.ErrInvalid) {
		t.Errorf("the same name twice: %v", err)
	}
}

func TestTheRequestToAProviderIsComplete(t *testing.T) {
	eachSite(t, func(p *auth.OIDCProvider) { p.Scopes = []string{"email", "groups"} }, func(w *site) {
		begun, err := w.StartOIDC(w.ctx, auth.OIDCStart{Provider: "corp", Redirect: redirect})
		w.must(err)
		u, err := url.Parse(begun.URL)
		w.must(err)
		q := u.Query()
		if q.Get("response_type") != "code" || q.Get("scope") != "openid email groups" || q.Get("redirect_uri") != redirect || q.Get("code_challenge_method") != "S256" ||
			len(q.Get("state")) != 43 || len(q.Get("nonce")) != 43 || len(q.Get("code_challenge")) != 43 {
			t.Errorf("sent to %s", begun.URL)
		}
		if strings.Contains(begun.URL, begun.Browser.Reveal()) || strings.Contains(begun.URL, w.idp.ClientSecret) {
			t.Error("a secret stands in the address")
		}
		if !begun.Expires.Equal(w.clock.Now().Add(10 * time.Minute)) {
			t.Errorf("expires %s", begun.Expires)
		}
		// Two in one browser, as in two tabs, go side by side.
		second, err := w.StartOIDC(w.ctx, auth.OIDCStart{Provider: "corp", Redirect: redirect, Browser: begun.Browser})
		w.must(err)
		if second.Browser != begun.Browser {
			t.Error("the browser's secret changed under the first tab")
		}
		_, err = w.StartOIDC(w.ctx, auth.OIDCStart{Provider: "nobody", Redirect: redirect})
		w.wants(err, contracts.ErrNotFound)
		for _, next := range []string{"https://evil.example", "//evil.example", `/\evil.example`, `\\evil.example`, "/\t/evil.example", "javascript:alert(1)", "c/general", "/ x", "/%2f\n", "/" + strings.Repeat("x", 600)} {
			_, err := w.StartOIDC(w.ctx, auth.OIDCStart{Provider: "corp", Redirect: redirect, Next: next})
			if !errors.Is(err, contracts.ErrInvalid) {
				t.Errorf("next %q: %v", next, err)
			}
		}
	})
}
