package server

import (
	"net/http"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/dankerchat/dankerchat/contracts"
)

// minClient is the oldest client that this server still understands.
const minClient = "0.1.0"

var features = []string{"typing", "presence", "channels", "direct", "mentions", "edit", "read_state", "invites", "api_tokens", "retention", "audit"}

type metaBody struct {
	Version      string         `json:"version"`
	Name         string         `json:"name"`
	SetupDone    bool           `json:"setup_done"`
	Registration string         `json:"registration"`
	Mail         bool           `json:"mail"` // whether the server sends any
	Features     []string       `json:"features"`
	Limits       map[string]int `json:"limits"`
	MinClient    string         `json:"min_client"`
}

func (s *Server) readMeta(w http.ResponseWriter, r *request) error {
	done, err := s.ws.Auth.SetUp(r.Context())
	if err != nil {
		return err
	}
	settings, err := s.ws.Admin.Settings(r.Context())
	if err != nil {
		return err
	}
	if !done {
		settings.Name = ""
	}
	return respond(w, http.StatusOK, metaBody{
		Version: s.build.Version, Name: settings.Name, SetupDone: done, Registration: settings.Registration, Mail: s.ws.Auth.CanMail(), Features: features, MinClient: minClient,
		Limits: map[string]int{
			"text_runes": contracts.MaxTextRunes, "text_bytes": contracts.MaxTextBytes, "page": contracts.MaxLimit,
			"frame": maxFrame, "direct_participants": contracts.MaxDirectParticipants,
		},
	})
}

// openAPI is the document as JSON, made when it is first asked for.
var openAPI = sync.OnceValues(func() (map[string]any, error) {
	var doc map[string]any
	err := yaml.Unmarshal(contracts.OpenAPI, &doc)
	return doc, err
})

func (s *Server) openAPIJSON(w http.ResponseWriter, _ *request) error {
	doc, err := openAPI()
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, doc)
}

func (s *Server) openAPIYAML(w http.ResponseWriter, _ *request) error {
	return document(w, contracts.OpenAPI)
}

func (s *Server) asyncAPI(w http.ResponseWriter, _ *request) error {
	return document(w, contracts.AsyncAPI)
}

func document(w http.ResponseWriter, yaml []byte) error {
	w.Header().Set("Content-Type", "application/yaml")
	_, _ = w.Write(yaml)
	return nil
}

func (s *Server) listRoles(w http.ResponseWriter, _ *request) error {
	return list(w, contracts.Roles())
}
