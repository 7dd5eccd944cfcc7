package server

import (
	"net/http"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

func (s *Server) readFactors(w http.ResponseWriter, r *request) error {
	factors, err := s.ws.Auth.SecondFactors(r.Context(), r.Actor, r.Actor.UserID)
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, factors)
}

type totpBody struct {
	Secret string `json:"secret"`
	URL    string `json:"url"`
}

func (s *Server) enrolTOTP(w http.ResponseWriter, r *request) error {
	if err := noBody(w, r.Request); err != nil {
		return err
	}
	begun, err := s.ws.EnrolTOTP(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, totpBody{begun.Secret.Reveal(), begun.URL.Reveal()})
}

type codeBody struct {
	Code auth.Secret `json:"code" is:"required"`
}

type recoveryCodesBody struct {
	RecoveryCodes []string `json:"recovery_codes"`
}

func revealed(codes []auth.Secret) recoveryCodesBody {
	body := recoveryCodesBody{RecoveryCodes: make([]string, len(codes))}
	for i, c := range codes {
		body.RecoveryCodes[i] = c.Reveal()
	}
	return body
}

func (s *Server) confirmTOTP(w http.ResponseWriter, r *request) error {
	var body codeBody
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	codes, err := s.ws.ConfirmTOTP(r.Context(), r.Actor, body.Code)
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, revealed(codes))
}

type verifiedBody struct {
	RecoveryCodesLeft int `json:"recovery_codes_left"`
}

func (s *Server) verifyFactor(w http.ResponseWriter, r *request) error {
	var body codeBody
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	left, err := s.ws.VerifySecondFactor(r.Context(), r.Actor, body.Code)
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, verifiedBody{left})
}

func (s *Server) renewRecoveryCodes(w http.ResponseWriter, r *request) error {
	if err := noBody(w, r.Request); err != nil {
		return err
	}
	codes, err := s.ws.RenewRecoveryCodes(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, revealed(codes))
}

func (s *Server) removeTOTP(w http.ResponseWriter, r *request) error {
	if err := s.ws.RemoveTOTP(r.Context(), r.Actor); err != nil {
		return err
	}
	return empty(w)
}

type reauthBody struct {
	Password *auth.Secret `json:"password"`
	Code     *auth.Secret `json:"code"`
}

// reauth proves anew who is there, by the password or a code.
func (s *Server) reauth(w http.ResponseWriter, r *request) error {
	var body reauthBody
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	if (body.Password == nil) == (body.Code == nil) {
		return contracts.ErrInvalid.With("the body holds either a password or a code").At("/password")
	}
	var err error
	if body.Password != nil {
		err = s.ws.Auth.Reauth(r.Context(), r.Actor, *body.Password)
	} else {
		_, err = s.ws.VerifySecondFactor(r.Context(), r.Actor, *body.Code)
	}
	if err != nil {
		return err
	}
	return empty(w)
}

func (s *Server) resetFactors(w http.ResponseWriter, r *request) error {
	if err := noBody(w, r.Request); err != nil {
		return err
	}
	if _, err := s.ws.ResetSecondFactors(r.Context(), r.Actor, r.PathValue("user")); err != nil {
		return err
	}
	return empty(w)
}
