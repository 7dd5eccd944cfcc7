package server

import (
	"net/http"
	"net/url"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

type inviteOffer struct {
	WorkspaceName string            `json:"workspace_name"`
	Role          contracts.Role    `json:"role"`
	Email         string            `json:"email,omitempty"` // that the account gets
	Inviter       contracts.UserRef `json:"inviter"`
	ExpiresAt     time.Time         `json:"expires_at"`
}

func (s *Server) readInvite(w http.ResponseWriter, r *request) error {
	inv, err := s.ws.Auth.InviteByCode(r.Context(), auth.Secret(r.PathValue("code")))
	if err != nil {
		return err
	}
	settings, err := s.ws.Admin.Settings(r.Context())
	if err != nil {
		return err
	}
	refs, err := s.ws.Auth.Refs(r.Context(), []string{inv.CreatedBy})
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, inviteOffer{settings.Name, inv.Role, inv.Email, refs[inv.CreatedBy], inv.ExpiresAt})
}

func (s *Server) listInvites(w http.ResponseWriter, r *request) error {
	req, err := pageRequest(r)
	if err != nil {
		return err
	}
	invites, err := s.ws.Auth.Invites(r.Context(), r.Actor, req)
	if err != nil {
		return err
	}
	return page(w, r, invites)
}

type newInvite struct {
	Role             contracts.Role `json:"role"`
	Channels         []string       `json:"channels"`
	MaxUses          int            `json:"max_uses"`
	ExpiresInSeconds int64          `json:"expires_in_seconds"`
	Email            string         `json:"email"`
}

func (s *Server) createInvite(w http.ResponseWriter, r *request) error {
	var body newInvite
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	if body.ExpiresInSeconds < 0 || body.ExpiresInSeconds > 1<<32 {
		return contracts.Invalid("/expires_in_seconds", "expires_in_seconds is out of range")
	}
	inv, err := s.ws.CreateInvite(r.Context(), r.Actor, auth.NewInvite{
		Role: body.Role, Channels: body.Channels, MaxUses: body.MaxUses, ExpiresIn: time.Duration(body.ExpiresInSeconds) * time.Second, Email: body.Email,
	})
	if err != nil {
		return err
	}
	inv.URL = s.address(r.Request) + "/invite/" + url.PathEscape(inv.Code)
	return respond(w, http.StatusCreated, inv)
}

func (s *Server) revokeInvite(w http.ResponseWriter, r *request) error {
	if err := s.ws.RevokeInvite(r.Context(), r.Actor, r.PathValue("invite")); err != nil {
		return err
	}
	return empty(w)
}
