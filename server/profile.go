package server

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
)

type newStatus struct {
	Emoji     string     `json:"emoji"`
	Text      string     `json:"text"`
	ExpiresAt *time.Time `json:"expires_at" is:"nullable"`
}

func (s *Server) setStatus(w http.ResponseWriter, r *request) error {
	var body newStatus
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	me, err := s.ws.Auth.SetStatus(r.Context(), r.Actor, r.Actor.UserID, contracts.UserStatus{Emoji: body.Emoji, Text: body.Text, ExpiresAt: body.ExpiresAt})
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, me)
}

func (s *Server) clearStatus(w http.ResponseWriter, r *request) error {
	me, err := s.ws.Auth.ClearStatus(r.Context(), r.Actor, r.Actor.UserID)
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, me)
}

func (s *Server) setAvatar(w http.ResponseWriter, r *request) error {
	picture, err := uploaded(w, r.Request)
	if err != nil {
		return err
	}
	me, err := s.ws.Auth.SetAvatar(r.Context(), r.Actor, r.Actor.UserID, picture)
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, me)
}

func (s *Server) removeAvatar(w http.ResponseWriter, r *request) error {
	me, err := s.ws.Auth.RemoveAvatar(r.Context(), r.Actor, r.Actor.UserID)
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, me)
}

// formOverhead is what a form may add to a file in it.
const formOverhead = 8 << 10

// uploaded reads one picture: the body itself, or the first file of a form. What it is
// called and what type it says it has are not looked at.
func uploaded(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body := io.Reader(http.MaxBytesReader(w, r.Body, auth.MaxAvatarBytes+formOverhead))
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err == nil && media == "multipart/form-data":
		r.Body = io.NopCloser(body)
		form, err := r.MultipartReader()
		if err != nil || params["boundary"] == "" {
			return nil, malformed("the form has no boundary")
		}
		for {
			part, err := form.NextPart()
			if err != nil {
				return nil, unreadable(err, "the form holds no file")
			}
			if part.FileName() != "" {
				body = part
				break
			}
		}
	case err == nil && (strings.HasPrefix(media, "image/") || media == "application/octet-stream"):
	default:
		return nil, &contracts.Error{Code: contracts.CodeMediaType, Message: "the body must be a picture", Hint: "Send the file itself as image/*, or multipart/form-data with it."}
	}
	// One byte more than there may be, so that what is too large is told from what is not.
	picture, err := io.ReadAll(io.LimitReader(body, auth.MaxAvatarBytes+1))
	if err != nil {
		return nil, unreadable(err, "the body could not be read")
	}
	return picture, nil
}

func unreadable(err error, message string) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return contracts.ErrTooLarge.With("the picture is larger than 5 MiB").At("/avatar")
	}
	return malformed(message)
}

// readAvatar answers with a picture. Under the address that a user's avatar_url gives
// it never changes; under any other it is asked for again each time.
func (s *Server) readAvatar(w http.ResponseWriter, r *request) error {
	user, err := s.ws.User(r.Context(), r.Actor, r.PathValue("user"))
	if err != nil {
		return err
	}
	avatar, err := s.ws.Auth.Avatar(r.Context(), user.ID)
	if err != nil {
		return err
	}
	h, tag := w.Header(), `"`+avatar.Hash+`"`
	h.Set("ETag", tag)
	h.Set("Cache-Control", "private, no-cache")
	if v := r.URL.Query().Get("v"); len(v) >= 16 && strings.HasPrefix(avatar.Hash, v) {
		h.Set("Cache-Control", "private, max-age=31536000, immutable")
	}
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", avatar.MIME)
	h.Set("Content-Length", strconv.Itoa(len(avatar.Image)))
	h.Set("Content-Disposition", "inline; filename=avatar."+strings.TrimPrefix(avatar.MIME, "image/"))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(avatar.Image) // a client that went away is nobody's error
	}
	return nil
}
