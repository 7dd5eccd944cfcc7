package server

import (
	"net/http"
	"strings"
	"testing"
)

// Without a built web app the placeholder stands in and says what to do; with one its
// page does. Either way: routes of the app get the page, files that are missing do not.
func TestTheWebAppIsServed(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, "sqlite"))
	browser := func(accept string, header http.Header) *client {
		if header == nil {
			header = http.Header{}
		}
		header.Set("Accept", accept)
		return &client{w: w, t: t, header: header}
	}
	const html = "text/html,application/xhtml+xml,*/*;q=0.8"
	page := browser(html, nil).must(200, "GET", "/web:/", nil, nil)
	if !strings.HasPrefix(page.header.Get("Content-Type"), "text/html") || page.header.Get("Cache-Control") != "no-cache" || page.header.Get("ETag") == "" {
		t.Errorf("the page: %v", page.header)
	}
	for _, route := range []string{"/setup", "/c/general", "/invite/xyz", "/index.html"} {
		if a := browser(html, nil).must(200, "GET", "/web:"+route, nil, nil); string(a.body) != string(page.body) {
			t.Errorf("%s is another page", route)
		}
	}
	browser(html, http.Header{"If-None-Match": {page.header.Get("ETag")}}).must(304, "GET", "/web:/", nil, nil)
	for _, missing := range []struct{ accept, path string }{
		{"*/*", "/c/general"}, {html, "/assets/gone.js"}, {html, "/favicon.nope"}, {html, "/api/v1/nonsense"}, {html, "/api"}, {"application/json", "/nonsense"},
	} {
		if a := browser(missing.accept, nil).must(404, "GET", "/web:"+missing.path, nil, nil); a.code() != "not_found" {
			t.Errorf("%s: %s", missing.path, a.body)
		}
	}
	browser(html, nil).must(405, "POST", "/web:/c/general", nil, nil)
	if !strings.Contains(string(page.body), "<html") {
		t.Errorf("the page: %s", page.body)
	}
}

// A file is sent in the smallest form that the browser says it reads.
func TestCompressedForms(t *testing.T) {
	t.Parallel()
	both := webFile{path: "x", br: "x.br", gz: "x.gz"}
	for _, tt := range []struct {
		file           webFile
		accept         string
		name, encoding string
	}{
		{both, "gzip, deflate, br", "x.br", "br"},
		{both, "gzip", "x.gz", "gzip"},
		{both, "br;q=0, gzip", "x.gz", "gzip"},
		{both, "BR", "x.br", "br"},
		{both, "", "x", ""},
		{webFile{path: "x", gz: "x.gz"}, "br", "x", ""},
		{webFile{path: "x", br: "x.br"}, "br; q=0.0", "x", ""},
	} {
		if name, encoding := tt.file.form(tt.accept); name != tt.name || encoding != tt.encoding {
			t.Errorf("%q: got %s %q, want %s %q", tt.accept, name, encoding, tt.name, tt.encoding)
		}
	}
}
