package server

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// errorPage of the web app says why a sign-in came to nothing and what to do.
const errorPage = "/login/sso"

func (s *Server) listProviders(w http.ResponseWriter, _ *request) error {
	return list(w, s.ws.Auth.Providers())
}

// oidcCookie binds what is at a provider to the browser that went there. It has to come
// back from another site, so it is lax where the passkeys' is strict.
func (s *Server) oidcCookie() string {
	if s.cfg.https() {
		return "__Host-oidc"
	}
	return "dankerchat_oidc"
}

func (s *Server) browserOf(r *request) auth.Secret {
	c, err := r.Cookie(s.oidcCookie())
	if err != nil {
		return ""
	}
	return auth.Secret(c.Value)
}

// begin sends a browser to a provider. Where it comes back to is a path below the public
// URL, or without one below the host that the request was sent to, which the provider
// then has to know.
func (s *Server) begin(w http.ResponseWriter, r *request, in auth.OIDCStart) (auth.OIDCRequest, error) {
	in.Redirect = s.address(r.Request) + base + "/auth/oidc/" + url.PathEscape(in.Provider) + "/callback"
	in.Browser, in.IP = s.browserOf(r), r.IP
	begun, err := s.ws.Auth.StartOIDC(r.Context(), in)
	if err != nil {
		return begun, err
	}
	http.SetCookie(w, &http.Cookie{
		Name: s.oidcCookie(), Value: begun.Browser.Reveal(), Path: "/", MaxAge: int(time.Until(begun.Expires)/time.Second) + 1,
		Secure: s.cfg.https(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	return begun, nil
}

// startOIDC is a link's target, so it is a GET; all that it leaves behind is that this
// browser may come back within ten minutes.
func (s *Server) startOIDC(w http.ResponseWriter, r *request) error {
	begun, err := s.begin(w, r, auth.OIDCStart{Provider: r.PathValue("provider"), Next: r.URL.Query().Get("next"), Invite: auth.Secret(r.URL.Query().Get("invite"))})
	if err != nil {
		return s.explainTo(w, r, err)
	}
	return seeOther(w, begun.URL)
}

// finishOIDC is where providers send browsers back to. It is the one GET that changes
// something: with the state that it was begun with, once, in the same browser.
func (s *Server) finishOIDC(w http.ResponseWriter, r *request) error {
	if err := s.logins.take(r.from, time.Now()); err != nil {
		return s.explainTo(w, r, err)
	}
	q := r.URL.Query()
	done, err := s.ws.FinishOIDC(r.Context(), auth.OIDCAnswer{
		Provider: r.PathValue("provider"), State: q.Get("state"), Code: auth.Secret(q.Get("code")), Issuer: q.Get("iss"), Error: q.Get("error"),
		Browser: s.browserOf(r), Actor: r.Actor, Client: clientName("", r), IP: r.IP,
	})
	if err != nil {
		return s.explainTo(w, r, err)
	}
	if done.Purpose == auth.OIDCSignIn {
		s.setCookie(w, done.Secret.Reveal(), int(time.Until(done.Ends)/time.Second))
	}
	return seeOther(w, done.Next)
}

func seeOther(w http.ResponseWriter, address string) error {
	w.Header().Set("Location", address)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// explainTo shows a browser the page that says what to do; a program gets the problem.
// The page is told a word of a closed list, never a text of somebody else's.
func (s *Server) explainTo(w http.ResponseWriter, r *request, err error) error {
	reason := "failed"
	var refused *auth.RefusedError
	switch code := contracts.CodeOf(err); {
	case errors.As(err, &refused):
		reason = string(refused.Reason)
		if refused.Reason == auth.RefusedAnswer || refused.Reason == auth.RefusedDown {
			s.log.Warn().Err(err).Str("request_id", r.ID).Str("op", r.op).Msg("sign-in through a provider failed")
		}
	case code == contracts.CodeRateLimited || code == contracts.CodeBusy:
		reason = "busy"
	case code == contracts.CodeInternal:
		return err
	}
	if !navigation(r.Request) {
		return err
	}
	return seeOther(w, errorPage+"?"+url.Values{"reason": {reason}, "provider": {r.PathValue("provider")}}.Encode())
}

// backchannelLogout is called by a provider, not by a browser (OpenID Connect Back-Channel
// Logout 1.0, section 2.5).
func (s *Server) backchannelLogout(w http.ResponseWriter, r *request) error {
	body, err := readBody(w, r.Request)
	if err != nil {
		return err
	}
	if media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(media), "application/x-www-form-urlencoded") {
		return &contracts.Error{Code: contracts.CodeMediaType, Message: "the body must be a form", Hint: "Send Content-Type: application/x-www-form-urlencoded."}
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return malformed("the body is no form")
	}
	ended, err := s.ws.Auth.BackchannelLogout(r.Context(), r.PathValue("provider"), auth.Secret(form.Get("logout_token")))
	if errors.Is(err, contracts.ErrInvalid) {
		s.log.Warn().Err(err).Str("request_id", r.ID).Msg("logout token refused")
		return malformed("the logout token does not hold")
	}
	if err != nil {
		return err
	}
	s.log.Info().Str("provider", r.PathValue("provider")).Int("count", ended).Msg("sessions ended by their provider")
	return empty(w)
}

func (s *Server) listIdentities(w http.ResponseWriter, r *request) error {
	identities, err := s.ws.Auth.Identities(r.Context(), r.Actor, r.Actor.UserID)
	if err != nil {
		return err
	}
	return list(w, identities)
}

type elsewhere struct {
	URL string `json:"url"`
}

type newIdentity struct {
	Provider string `json:"provider" is:"required"`
	Next     string `json:"next"`
}

// linkIdentity begins to add an account at a provider. It is no link to follow: another
// site could lead somebody there.
func (s *Server) linkIdentity(w http.ResponseWriter, r *request) error {
	var body newIdentity
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	begun, err := s.begin(w, r, auth.OIDCStart{Provider: body.Provider, Purpose: auth.OIDCLink, Next: body.Next, Actor: r.Actor})
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, elsewhere{begun.URL})
}

type nextBody struct {
	Next string `json:"next"`
}

// proveIdentity begins to prove by a linked account who is in the session.
func (s *Server) proveIdentity(w http.ResponseWriter, r *request) error {
	var body nextBody
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	identities, err := s.ws.Auth.Identities(r.Context(), r.Actor, r.Actor.UserID)
	if err != nil {
		return err
	}
	for _, i := range identities {
		if i.ID != r.PathValue("identity") {
			continue
		}
		begun, err := s.begin(w, r, auth.OIDCStart{Provider: i.Provider, Purpose: auth.OIDCProof, Next: body.Next, Actor: r.Actor})
		if err != nil {
			return err
		}
		return respond(w, http.StatusOK, elsewhere{begun.URL})
	}
	return contracts.ErrNotFound
}

func (s *Server) removeIdentity(w http.ResponseWriter, r *request) error {
	if _, err := s.ws.RemoveIdentity(r.Context(), r.Actor, r.PathValue("identity")); err != nil {
		return err
	}
	return empty(w)
}
