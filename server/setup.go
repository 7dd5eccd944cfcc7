package server

import (
	"net/http"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/server/workspace"
)

type setupState struct {
	Done bool `json:"done"`
}

func (s *Server) readSetup(w http.ResponseWriter, r *request) error {
	done, err := s.ws.Auth.SetUp(r.Context())
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, setupState{done})
}

type setupClaim struct {
	Code          auth.Secret `json:"code"           is:"required"`
	WorkspaceName string      `json:"workspace_name" is:"required"`
	Username      string      `json:"username"       is:"required"`
	DisplayName   string      `json:"display_name"   is:"required"`
	Password      auth.Secret `json:"password"       is:"required"`
	Email         string      `json:"email"`
}

func (s *Server) claimSetup(w http.ResponseWriter, r *request) error {
	var body setupClaim
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	in, err := s.ws.Setup(r.Context(), workspace.SetupInput{
		Code: body.Code, WorkspaceName: body.WorkspaceName, Username: body.Username, DisplayName: body.DisplayName,
		Password: body.Password, Email: body.Email, Client: clientName("", r), IP: r.IP,
	})
	if err != nil {
		return err
	}
	return s.signIn(w, http.StatusCreated, in, byCookie)
}
