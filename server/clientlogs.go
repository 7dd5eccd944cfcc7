package server

import (
	"fmt"
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"github.com/dankerchat/dankerchat/contracts"
)

type clientLogs struct {
	Entries []clientLogEntry `json:"entries" is:"required"`
}

type clientLogEntry struct {
	Level   string         `json:"level"   is:"required"`
	Message string         `json:"message" is:"required"`
	At      time.Time      `json:"at"      is:"required"`
	Fields  map[string]any `json:"fields"`
}

const (
	maxLogEntries = 100
	maxLogFields  = 32
	maxLogText    = 2000 // bytes of a message or a value
)

var clientLevels = map[string]zerolog.Level{"debug": zerolog.DebugLevel, "info": zerolog.InfoLevel, "warn": zerolog.WarnLevel, "error": zerolog.ErrorLevel}

// sendClientLogs writes a client's lines into the server's log. The text stays in
// fields, so that a client cannot pretend to be the server.
func (s *Server) sendClientLogs(w http.ResponseWriter, r *request) error {
	var body clientLogs
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	if len(body.Entries) == 0 || len(body.Entries) > maxLogEntries {
		return contracts.Invalid("/entries", "entries must have 1 to 100 items")
	}
	for i, e := range body.Entries {
		at := fmt.Sprintf("/entries/%d", i)
		if _, ok := clientLevels[e.Level]; !ok {
			return contracts.Invalid(at+"/level", "level must be debug, info, warn or error")
		}
		if e.Message == "" || len(e.Message) > maxLogText {
			return contracts.Invalid(at+"/message", "message must have 1 to 2,000 bytes")
		}
		if len(e.Fields) > maxLogFields {
			return contracts.Invalid(at+"/fields", "at most 32 fields")
		}
		for name, v := range e.Fields {
			switch v.(type) {
			case string, float64, bool, nil:
			default:
				return contracts.Invalid(at+"/fields/"+name, "a field is a string, a number, true, false or null")
			}
		}
	}
	log := s.log.With().Str("request_id", r.ID).Logger()
	if r.Actor.UserID != "" {
		log = log.With().Str("user_id", r.Actor.UserID).Str("session_id", r.Actor.SessionID).Logger()
	}
	for _, e := range body.Entries {
		fields := zerolog.Dict()
		for name, v := range e.Fields {
			if text, ok := v.(string); ok {
				v = cut(text)
			}
			fields = fields.Interface(cut(name), v)
		}
		log.WithLevel(clientLevels[e.Level]).Time("client_at", e.At).Str("client_message", e.Message).Dict("client_fields", fields).Msg("client log")
	}
	return empty(w)
}

func cut(text string) string {
	if len(text) > maxLogText {
		return text[:maxLogText]
	}
	return text
}
