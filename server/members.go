package server

import (
	"net/http"

	"github.com/dankerchat/dankerchat/contracts"
)

func (s *Server) listMembers(w http.ResponseWriter, r *request) error {
	req, err := pageRequest(r)
	if err != nil {
		return err
	}
	members, err := s.ws.Channels.Members(r.Context(), r.Actor, r.PathValue("channel"), req)
	if err != nil {
		return err
	}
	return page(w, r, members)
}

type membersAdd struct {
	UserIDs []string `json:"user_ids" is:"required"`
}

func (s *Server) addMembers(w http.ResponseWriter, r *request) error {
	var body membersAdd
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	if _, err := s.ws.Channels.AddMembers(r.Context(), r.Actor, r.PathValue("channel"), body.UserIDs); err != nil {
		return err
	}
	return empty(w)
}

type memberUpdate struct {
	Role contracts.Role `json:"role" is:"required"`
}

func (s *Server) updateMember(w http.ResponseWriter, r *request) error {
	var body memberUpdate
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	if _, err := s.ws.Channels.SetMemberRole(r.Context(), r.Actor, r.PathValue("channel"), r.PathValue("user"), body.Role); err != nil {
		return err
	}
	return empty(w)
}

func (s *Server) removeMember(w http.ResponseWriter, r *request) error {
	if err := s.ws.Channels.RemoveMember(r.Context(), r.Actor, r.PathValue("channel"), r.PathValue("user")); err != nil {
		return err
	}
	return empty(w)
}
