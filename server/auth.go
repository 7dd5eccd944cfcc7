package server

import (
	"net/http"
	"strings"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

// How a client keeps its session.
const (
	byCookie = "cookie"
	byToken  = "token"
)

type signedInBody struct {
	User         contracts.User    `json:"user"`
	Session      contracts.Session `json:"session"`
	AccessToken  string            `json:"access_token,omitempty"`
	TokenType    string            `json:"token_type,omitempty"`
	ExpiresIn    int               `json:"expires_in,omitempty"`
	RefreshToken string            `json:"refresh_token,omitempty"`
	Owes         contracts.Proof   `json:"owes"` // what the session has to prove first; "" is nothing
}

// signIn answers with what a fresh session's client keeps: a cookie or tokens.
func (s *Server) signIn(w http.ResponseWriter, status int, in auth.SignedIn, mode string) error {
	in.Session.Current = true
	body := signedInBody{User: in.User, Session: in.Session, Owes: in.Owes}
	if mode == byCookie {
		s.setCookie(w, in.Secret.Reveal(), int(time.Until(in.Ends)/time.Second))
		return respond(w, status, body)
	}
	body.AccessToken, body.TokenType, body.RefreshToken = in.Access.Reveal(), "Bearer", in.Refresh.Reveal()
	body.ExpiresIn = max(1, int(time.Until(in.AccessExpires)/time.Second))
	return respond(w, status, body)
}

func sessionMode(mode string) (string, error) {
	switch mode {
	case "", byToken:
		return byToken, nil
	case byCookie:
		return byCookie, nil
	}
	return "", contracts.Invalid("/session", `session must be "cookie" or "token"`)
}

// entering reads the body of a request that begins a session, which may be a guess: the
// address's limit is taken. session is the body's field of that name.
func (s *Server) entering(w http.ResponseWriter, r *request, body any, session *string) (mode string, err error) {
	if err := decode(w, r.Request, body); err != nil {
		return "", err
	}
	if mode, err = sessionMode(*session); err != nil {
		return "", err
	}
	return mode, s.logins.take(r.from, time.Now())
}

// clientName is what a session's list shows: what the client says, else "browser" or a
// program's User-Agent, and what it runs on, which a program may say itself:
// "dankerchat/0.1.0 (Linux)".
func clientName(said string, r *request) string {
	device := auth.DeviceName(r.UserAgent())
	if said == "" && device != "" {
		said = "browser" // whose User-Agent says what device says, at length
	}
	if said == "" {
		said = r.UserAgent()
	}
	if r := []rune(strings.ToValidUTF8(said, "")); len(r) > 64 {
		said = string(r[:64])
	}
	return auth.ClientLabel(said, device)
}

type loginBody struct {
	Username string      `json:"username" is:"required"`
	Password auth.Secret `json:"password" is:"required"`
	Client   string      `json:"client"`
	Session  string      `json:"session"`
}

func (s *Server) login(w http.ResponseWriter, r *request) error {
	var body loginBody
	mode, err := s.entering(w, r, &body, &body.Session)
	if err != nil {
		return err
	}
	in, err := s.ws.Auth.Login(r.Context(), auth.LoginInput{Username: body.Username, Password: body.Password, Client: clientName(body.Client, r), IP: r.IP})
	if err != nil {
		return err
	}
	return s.signIn(w, http.StatusOK, in, mode)
}

type refreshBody struct {
	RefreshToken auth.Secret `json:"refresh_token" is:"required"`
}

func (s *Server) refresh(w http.ResponseWriter, r *request) error {
	var body refreshBody
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	in, err := s.ws.Auth.Refresh(r.Context(), body.RefreshToken, r.IP)
	if err != nil {
		return err
	}
	return s.signIn(w, http.StatusOK, in, byToken)
}

func (s *Server) logout(w http.ResponseWriter, r *request) error {
	if err := noBody(w, r.Request); err != nil {
		return err
	}
	// Of the session that a provider began, if that is to end there too.
	there, err := s.ws.Auth.EndSessionURL(r.Context(), r.Actor, s.address(r.Request)+"/login")
	if err != nil {
		return err
	}
	if err := s.ws.Auth.Logout(r.Context(), r.Actor); err != nil {
		return err
	}
	s.setCookie(w, "", -1)
	if there != "" && r.cred.cookie { // a program has no browser to send there
		return respond(w, http.StatusOK, elsewhere{there})
	}
	return empty(w)
}

type signupBody struct {
	Code        auth.Secret `json:"code"`
	Username    string      `json:"username"     is:"required"`
	DisplayName string      `json:"display_name" is:"required"`
	Password    auth.Secret `json:"password"     is:"required"`
	Email       string      `json:"email"`
	Client      string      `json:"client"`
	Session     string      `json:"session"`
}

func (s *Server) signup(w http.ResponseWriter, r *request) error {
	var body signupBody
	mode, err := s.entering(w, r, &body, &body.Session)
	if err != nil {
		return err
	}
	input := auth.SignupInput{
		Code: body.Code, Username: body.Username, DisplayName: body.DisplayName, Password: body.Password, Email: body.Email,
		Client: clientName(body.Client, r), IP: r.IP,
	}
	var in auth.SignedIn
	var pending bool
	if body.Code == "" {
		in, pending, err = s.ws.Auth.OpenSignup(r.Context(), input)
	} else {
		in, err = s.ws.Auth.Signup(r.Context(), input)
	}
	switch {
	case err != nil:
		return err
	case pending:
		return respond(w, http.StatusAccepted, struct{}{})
	}
	return s.signIn(w, http.StatusCreated, in, mode)
}

type verifyBody struct {
	Code    auth.Secret `json:"code"    is:"required"`
	Client  string      `json:"client"`
	Session string      `json:"session"`
}

// verifySignup makes the account whose address the code proves.
func (s *Server) verifySignup(w http.ResponseWriter, r *request) error {
	var body verifyBody
	mode, err := s.entering(w, r, &body, &body.Session)
	if err != nil {
		return err
	}
	in, err := s.ws.Auth.VerifySignup(r.Context(), body.Code, clientName(body.Client, r), r.IP)
	if err != nil {
		return err
	}
	return s.signIn(w, http.StatusCreated, in, mode)
}

type passwordBody struct {
	Current auth.Secret `json:"current" is:"required"`
	New     auth.Secret `json:"new"     is:"required"`
}

func (s *Server) changePassword(w http.ResponseWriter, r *request) error {
	var body passwordBody
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	if err := s.ws.ChangePassword(r.Context(), r.Actor, body.Current, body.New); err != nil {
		return err
	}
	return empty(w)
}

func (s *Server) readKeySet(w http.ResponseWriter, r *request) error {
	keys, err := s.ws.Auth.JWKS(r.Context())
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(keys)
	return nil
}
