package server

import (
	"net/http"

	"github.com/dankerchat/dankerchat/admin"
	"github.com/dankerchat/dankerchat/contracts"
)

func (s *Server) readOverview(w http.ResponseWriter, r *request) error {
	stats, err := s.ws.Admin.Stats(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, stats)
}

func (s *Server) readSettings(w http.ResponseWriter, r *request) error {
	settings, err := s.ws.Admin.Settings(r.Context())
	if err != nil {
		return err
	}
	return versioned(w, r, settings.Version, settings)
}

type settingsUpdate struct {
	Name          *string `json:"name"`
	Registration  *string `json:"registration"`
	RetentionDays *int64  `json:"retention_days"`
	// whose addresses may make an account
	RegistrationDomains *[]string `json:"registration_domains"`
	// of whom a second factor is demanded
	RequireSecondFactor *[]contracts.Role         `json:"require_second_factor"`
	ProfileFields       *[]contracts.ProfileField `json:"profile_fields"`
}

func (s *Server) updateSettings(w http.ResponseWriter, r *request) error {
	var body settingsUpdate
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	version, err := ifMatch(r)
	switch {
	case err != nil:
		return err
	case r.Header.Get("If-Match") == "":
		return &contracts.Error{Code: contracts.CodePreconditionReq, Message: "settings are changed under If-Match only", Hint: "Read them first and send their ETag as If-Match."}
	case body == (settingsUpdate{}):
		return nothingToChange()
	}
	settings, err := s.ws.Admin.UpdateSettings(r.Context(), r.Actor, admin.SettingsUpdate{Name: body.Name, Registration: body.Registration, RegistrationDomains: body.RegistrationDomains, RetentionDays: body.RetentionDays, RequireSecondFactor: body.RequireSecondFactor, ProfileFields: body.ProfileFields}, version)
	if err != nil {
		return err
	}
	return versioned(w, r, settings.Version, settings)
}

func (s *Server) listAudit(w http.ResponseWriter, r *request) error {
	req, err := pageRequest(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	entries, err := s.ws.Admin.Audit(r.Context(), r.Actor, admin.AuditRequest{PageRequest: req, Actor: q.Get("actor"), Action: q.Get("action"), Target: q.Get("target")})
	if err != nil {
		return err
	}
	return page(w, r, entries)
}

type auditReport struct {
	Entries  int64  `json:"entries"`
	OK       bool   `json:"ok"`
	FirstBad int64  `json:"first_bad,omitempty"`
	Problem  string `json:"problem,omitempty"`
}

func (s *Server) verifyAudit(w http.ResponseWriter, r *request) error {
	if err := noBody(w, r.Request); err != nil {
		return err
	}
	report, err := s.ws.Admin.VerifyAudit(r.Context())
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, auditReport{report.Entries, report.OK, report.FirstBad, report.Problem})
}

type retentionRun struct {
	DryRun bool `json:"dry_run" is:"required"`
}

type retentionReport struct {
	Messages int64 `json:"messages"`
	DryRun   bool  `json:"dry_run"`
}

func (s *Server) runRetention(w http.ResponseWriter, r *request) error {
	var body retentionRun
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	report, err := s.ws.Admin.RunRetention(r.Context(), r.Actor, body.DryRun)
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, retentionReport{report.Messages, report.DryRun})
}
