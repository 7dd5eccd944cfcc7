package server

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/dankerchat/dankerchat/contracts"
)

// The built web app, or only placeholder.html before `make build`.
//
//go:embed all:web/dist
var dist embed.FS

// A file of the web app; its compressed forms, "" where there is none.
type webFile struct {
	path, br, gz string
	contentType  string
	etag         string // "" for hashed names, which never change
}

type webApp struct {
	files map[string]webFile // by URL path
	index string             // "/index.html" or "/placeholder.html"
}

// webApp makes the handler of everything that is not the API.
func (s *Server) webApp() (http.Handler, error) {
	app := webApp{files: map[string]webFile{}, index: "/index.html"}
	err := fs.WalkDir(dist, "web/dist", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, ".br") || strings.HasSuffix(name, ".gz") {
			return err
		}
		f, err := newWebFile(name)
		app.files[strings.TrimPrefix(name, "web/dist")] = f
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the embedded web app: %w", err)
	}
	if _, built := app.files[app.index]; !built {
		app.index = "/placeholder.html"
		if _, ok := app.files[app.index]; !ok {
			return nil, errors.New("read the embedded web app: neither index.html nor placeholder.html")
		}
		s.log.Warn().Str("hint", "run `make build`").Msg("the web app is not built into this program")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { app.serve(s, w, r) }), nil
}

func newWebFile(name string) (webFile, error) {
	f := webFile{path: name, contentType: mime.TypeByExtension(path.Ext(name))}
	if strings.HasSuffix(name, ".webmanifest") {
		f.contentType = "application/manifest+json"
	}
	if exists(name + ".br") {
		f.br = name + ".br"
	}
	if exists(name + ".gz") {
		f.gz = name + ".gz"
	}
	if strings.HasPrefix(name, "web/dist/assets/") {
		return f, nil
	}
	b, err := dist.ReadFile(name)
	if err != nil {
		return f, err
	}
	sum := sha256.Sum256(b)
	f.etag = hex.EncodeToString(sum[:8])
	return f, nil
}

func exists(name string) bool {
	_, err := fs.Stat(dist, name)
	return err == nil
}

// serve answers with a file, or with the app's page for a navigation to one of its
// own routes. What looks like a file and is missing stays missing.
func (a webApp) serve(s *Server, w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.Header().Set("Cache-Control", "no-store")
		fail(w, &contracts.Error{Code: contracts.CodeMethod, Message: r.Method + " is not possible here"}, w.Header().Get("X-Request-Id"), s.log)
		return
	}
	f, ok := a.files[r.URL.Path]
	switch {
	case ok && r.URL.Path != "/index.html":
	case r.URL.Path == "/" || r.URL.Path == "/index.html" || navigation(r):
		f = a.files[a.index]
	default:
		s.missing().ServeHTTP(w, r)
		return
	}
	f.serve(w, r)
}

// navigation reports whether a browser opens a page: it accepts HTML, and the path
// has no file extension.
func navigation(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html") && path.Ext(r.URL.Path) == ""
}

func (f webFile) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	name, encoding := f.form(r.Header.Get("Accept-Encoding"))
	if f.br != "" || f.gz != "" {
		h.Add("Vary", "Accept-Encoding")
	}
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	if f.contentType != "" {
		h.Set("Content-Type", f.contentType)
	}
	if f.etag == "" {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", `"`+f.etag+encoding+`"`)
	}
	file, err := dist.Open(name)
	if err != nil { // it was there when the program was built
		panic("server: embedded file: " + err.Error())
	}
	defer func() { _ = file.Close() }()
	content, ok := file.(io.ReadSeeker)
	if !ok {
		b, _ := io.ReadAll(file)
		content = bytes.NewReader(b)
	}
	http.ServeContent(w, r, "", time.Time{}, content)
}

// form chooses the smallest form of a file that the browser reads.
func (f webFile) form(acceptEncoding string) (name, encoding string) {
	accepted := acceptedEncodings(acceptEncoding)
	switch {
	case f.br != "" && accepted["br"]:
		return f.br, "br"
	case f.gz != "" && accepted["gzip"]:
		return f.gz, "gzip"
	}
	return f.path, ""
}

// acceptedEncodings reads Accept-Encoding; a coding with q=0 is not accepted.
func acceptedEncodings(header string) map[string]bool {
	accepted := map[string]bool{}
	for part := range strings.SplitSeq(header, ",") {
		coding, params, _ := strings.Cut(part, ";")
		q := strings.ReplaceAll(params, " ", "")
		accepted[strings.ToLower(strings.TrimSpace(coding))] = q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
	}
	return accepted
}
