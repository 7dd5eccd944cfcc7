package server

import (
	"net/http"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

func (s *Server) readMe(w http.ResponseWriter, r *request) error {
	me, err := s.ws.Auth.UserFor(r.Context(), r.Actor, r.Actor.UserID)
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, me)
}

type meUpdate struct {
	DisplayName *string `json:"display_name"`
	Username    *string `json:"username"`
	Email       *string `json:"email"`
	Title       *string `json:"title"`
	Pronouns    *string `json:"pronouns"`
	TimeZone    *string `json:"time_zone"`
	Locale      *string `json:"locale"`
	// by the keys of the workspace's profile fields; an empty value removes one
	Fields map[string]string `json:"fields"`
}

func (s *Server) updateMe(w http.ResponseWriter, r *request) error {
	var body meUpdate
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	change := auth.UserUpdate{
		DisplayName: body.DisplayName, Username: body.Username, Email: body.Email,
		Title: body.Title, Pronouns: body.Pronouns, TimeZone: body.TimeZone, Locale: body.Locale, Fields: body.Fields,
	}
	if change.Empty() {
		return nothingToChange()
	}
	me, err := s.ws.UpdateUser(r.Context(), r.Actor, r.Actor.UserID, change)
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, me)
}

func nothingToChange() error {
	return contracts.ErrInvalid.With("the body names nothing to change")
}

func (s *Server) listUnread(w http.ResponseWriter, r *request) error {
	states, err := s.ws.Messaging.Unread(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	return list(w, states)
}

func (s *Server) listSessions(w http.ResponseWriter, r *request) error {
	sessions, err := s.ws.Auth.Sessions(r.Context(), r.Actor, r.Actor.UserID)
	if err != nil {
		return err
	}
	return list(w, sessions)
}

func (s *Server) revokeSession(w http.ResponseWriter, r *request) error {
	if err := s.ws.RevokeOwnSession(r.Context(), r.Actor, r.PathValue("session")); err != nil {
		return err
	}
	return empty(w)
}

// revokeOtherSessions ends the session that asks as well when all is true.
func (s *Server) revokeOtherSessions(w http.ResponseWriter, r *request) error {
	all, err := flag(r, "all")
	if err != nil {
		return err
	}
	if all == nil || !*all {
		_, err = s.ws.RevokeOtherSessions(r.Context(), r.Actor, r.Actor.UserID)
	} else if _, err = s.ws.RevokeAllSessions(r.Context(), r.Actor, r.Actor.UserID); err == nil {
		s.setCookie(w, "", -1)
	}
	if err != nil {
		return err
	}
	return empty(w)
}

func (s *Server) listTokens(w http.ResponseWriter, r *request) error {
	tokens, err := s.ws.Auth.Tokens(r.Context(), r.Actor, r.Actor.UserID)
	if err != nil {
		return err
	}
	return list(w, tokens)
}

type newToken struct {
	Name      string     `json:"name"       is:"required"`
	Scopes    []string   `json:"scopes"     is:"required"`
	ExpiresAt *time.Time `json:"expires_at" is:"nullable"`
}

type createdToken struct {
	Token  contracts.Token `json:"token"`
	Secret string          `json:"secret"`
}

func (s *Server) createToken(w http.ResponseWriter, r *request) error {
	var body newToken
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	token, secret, err := s.ws.CreateToken(r.Context(), r.Actor, auth.NewToken{UserID: r.Actor.UserID, Name: body.Name, Scopes: body.Scopes, ExpiresAt: body.ExpiresAt})
	if err != nil {
		return err
	}
	return respond(w, http.StatusCreated, createdToken{token, secret.Reveal()})
}

type tokenRotation struct {
	GraceSeconds *int64 `json:"grace_seconds"`
}

// rotateToken lets the old secret work on for an hour unless the body says otherwise.
func (s *Server) rotateToken(w http.ResponseWriter, r *request) error {
	var body tokenRotation
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	grace := time.Hour
	if g := body.GraceSeconds; g != nil {
		if *g < 0 || *g > int64(auth.MaxGrace/time.Second) {
			return contracts.Invalid("/grace_seconds", "the old secret can work on for 0 to 86400 seconds")
		}
		grace = time.Duration(*g) * time.Second
	}
	token, secret, err := s.ws.RotateOwnToken(r.Context(), r.Actor, r.PathValue("token"), grace)
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, createdToken{token, secret.Reveal()})
}

func (s *Server) revokeToken(w http.ResponseWriter, r *request) error {
	if err := s.ws.RevokeOwnToken(r.Context(), r.Actor, r.PathValue("token")); err != nil {
		return err
	}
	return empty(w)
}
