package server

import "net/http"

func (s *Server) listLogins(w http.ResponseWriter, r *request) error {
	req, err := pageRequest(r)
	if err != nil {
		return err
	}
	logins, err := s.ws.Auth.Logins(r.Context(), r.Actor, r.Actor.UserID, req)
	if err != nil {
		return err
	}
	return page(w, r, logins)
}
