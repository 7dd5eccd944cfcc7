package server

import (
	"net/http"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

func (s *Server) listUsers(w http.ResponseWriter, r *request) error {
	req, err := pageRequest(r)
	if err != nil {
		return err
	}
	users, err := s.ws.Users(r.Context(), r.Actor, auth.UsersRequest{PageRequest: req, Query: r.URL.Query().Get("query")})
	if err != nil {
		return err
	}
	return page(w, r, users)
}

func (s *Server) readUser(w http.ResponseWriter, r *request) error {
	user, err := s.ws.User(r.Context(), r.Actor, r.PathValue("user"))
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, user)
}

func (s *Server) listPresence(w http.ResponseWriter, r *request) error {
	states, err := s.ws.Presence(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	return list(w, states)
}

func (s *Server) adminListUsers(w http.ResponseWriter, r *request) error {
	req, err := pageRequest(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	users, err := s.ws.Auth.Users(r.Context(), r.Actor, auth.UsersRequest{
		PageRequest: req, Query: q.Get("query"), Role: contracts.Role(q.Get("role")), State: contracts.UserState(q.Get("state")),
	})
	if err != nil {
		return err
	}
	return page(w, r, users)
}

type newUser struct {
	Username    string         `json:"username"     is:"required"`
	DisplayName string         `json:"display_name" is:"required"`
	Email       string         `json:"email"`
	Password    auth.Secret    `json:"password"`
	Role        contracts.Role `json:"role"`
	Bot         bool           `json:"bot"`
}

func (s *Server) adminCreateUser(w http.ResponseWriter, r *request) error {
	var body newUser
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	user, err := s.ws.CreateUser(r.Context(), r.Actor, auth.NewUser{
		Username: body.Username, DisplayName: body.DisplayName, Email: body.Email, Password: body.Password, Role: body.Role, Bot: body.Bot,
	})
	if err != nil {
		return err
	}
	return respond(w, http.StatusCreated, user)
}

type adminUserUpdate struct {
	Role  contracts.Role      `json:"role"`
	State contracts.UserState `json:"state"`
}

func (s *Server) adminUpdateUser(w http.ResponseWriter, r *request) error {
	var body adminUserUpdate
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	user, err := s.ws.UpdateAccount(r.Context(), r.Actor, r.PathValue("user"), body.Role, body.State)
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, user)
}

func (s *Server) adminDeleteUser(w http.ResponseWriter, r *request) error {
	if _, err := s.ws.DeleteUser(r.Context(), r.Actor, r.PathValue("user")); err != nil {
		return err
	}
	return empty(w)
}

func (s *Server) adminListSessions(w http.ResponseWriter, r *request) error {
	user, err := s.ws.Auth.User(r.Context(), r.PathValue("user"))
	if err != nil {
		return err
	}
	sessions, err := s.ws.Auth.Sessions(r.Context(), r.Actor, user.ID)
	if err != nil {
		return err
	}
	return list(w, sessions)
}

func (s *Server) adminEndSessions(w http.ResponseWriter, r *request) error {
	if _, err := s.ws.RevokeAllSessions(r.Context(), r.Actor, r.PathValue("user")); err != nil {
		return err
	}
	return empty(w)
}
