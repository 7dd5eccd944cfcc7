package server

import (
	"encoding/json"
	"net/http"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// passkeyOptions are for the browser's navigator.credentials.
type passkeyOptions struct {
	Options json.RawMessage `json:"options"`
}

// party says for whose pages passkeys are made: those at the public URL, or without one
// those at the address that the request itself was sent to, which has to be localhost.
func (s *Server) party(r *request) (auth.RelyingParty, error) {
	party, err := auth.RelyingPartyAt(s.address(r.Request))
	if err != nil && s.cfg.PublicURL == nil {
		return party, contracts.ErrUnavailable.With("passkeys need the server's https address, which it does not know").
			WithHint("Start dankerchatd with --public-url https://…, or on this machine open http://localhost.")
	}
	return party, err
}

func (s *Server) beginPasskey(w http.ResponseWriter, r *request) error {
	if err := noBody(w, r.Request); err != nil {
		return err
	}
	party, err := s.party(r)
	if err != nil {
		return err
	}
	options, err := s.ws.BeginPasskey(r.Context(), r.Actor, party)
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, passkeyOptions{options})
}

type newPasskey struct {
	Name     string          `json:"name"`
	Response json.RawMessage `json:"response" is:"required"`
}

type createdPasskey struct {
	Passkey       contracts.Passkey `json:"passkey"`
	RecoveryCodes []string          `json:"recovery_codes"`
}

func (s *Server) createPasskey(w http.ResponseWriter, r *request) error {
	var body newPasskey
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	made, err := s.ws.AddPasskey(r.Context(), r.Actor, body.Name, body.Response)
	if err != nil {
		return err
	}
	return respond(w, http.StatusCreated, createdPasskey{made.Passkey, revealed(made.RecoveryCodes).RecoveryCodes})
}

// passkeyCookie binds a login to the browser that began it. Its name follows the public
// URL like the session's.
func (s *Server) passkeyCookie() string {
	if s.cfg.https() {
		return "__Host-passkey"
	}
	return "dankerchat_passkey"
}

func (s *Server) setPasskeyCookie(w http.ResponseWriter, secret string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: s.passkeyCookie(), Value: secret, Path: "/", MaxAge: maxAge,
		Secure: s.cfg.https(), HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
}

func (s *Server) beginPasskeyLogin(w http.ResponseWriter, r *request) error {
	if err := noBody(w, r.Request); err != nil {
		return err
	}
	party, err := s.party(r)
	if err != nil {
		return err
	}
	begun, err := s.ws.Auth.BeginPasskeyLogin(r.Context(), party, r.IP)
	if err != nil {
		return err
	}
	s.setPasskeyCookie(w, begun.Browser.Reveal(), 300)
	return respond(w, http.StatusOK, passkeyOptions{begun.Options})
}

type passkeyLogin struct {
	Response json.RawMessage `json:"response" is:"required"`
	Client   string          `json:"client"`
	Session  string          `json:"session"`
}

func (s *Server) loginByPasskey(w http.ResponseWriter, r *request) error {
	var body passkeyLogin
	mode, err := s.entering(w, r, &body, &body.Session)
	if err != nil {
		return err
	}
	in := auth.PasskeyLogin{Response: body.Response, Client: clientName(body.Client, r), IP: r.IP}
	if c, err := r.Cookie(s.passkeyCookie()); err == nil {
		in.Browser = auth.Secret(c.Value)
	}
	signed, err := s.ws.Auth.FinishPasskeyLogin(r.Context(), in)
	if err != nil {
		return err
	}
	s.setPasskeyCookie(w, "", -1)
	return s.signIn(w, http.StatusOK, signed, mode)
}

func (s *Server) beginPasskeyProof(w http.ResponseWriter, r *request) error {
	if err := noBody(w, r.Request); err != nil {
		return err
	}
	party, err := s.party(r)
	if err != nil {
		return err
	}
	options, err := s.ws.Auth.BeginPasskeyProof(r.Context(), r.Actor, party)
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, passkeyOptions{options})
}

type passkeyProof struct {
	Response json.RawMessage `json:"response" is:"required"`
}

func (s *Server) proveByPasskey(w http.ResponseWriter, r *request) error {
	var body passkeyProof
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	if err := s.ws.Auth.FinishPasskeyProof(r.Context(), r.Actor, body.Response); err != nil {
		return err
	}
	return empty(w)
}

func (s *Server) listPasskeys(w http.ResponseWriter, r *request) error {
	passkeys, err := s.ws.Auth.Passkeys(r.Context(), r.Actor, r.Actor.UserID)
	if err != nil {
		return err
	}
	return list(w, passkeys)
}

type passkeyUpdate struct {
	Name string `json:"name" is:"required"`
}

func (s *Server) renamePasskey(w http.ResponseWriter, r *request) error {
	var body passkeyUpdate
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	k, err := s.ws.RenamePasskey(r.Context(), r.Actor, r.PathValue("passkey"), body.Name)
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, k)
}

func (s *Server) removePasskey(w http.ResponseWriter, r *request) error {
	if _, err := s.ws.RemovePasskey(r.Context(), r.Actor, r.PathValue("passkey")); err != nil {
		return err
	}
	return empty(w)
}
