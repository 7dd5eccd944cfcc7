package server

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// dot is a picture of one pixel.
var dot = picture(1, 1)

func picture(width, height int) []byte {
	var b bytes.Buffer
	m := image.NewGray(image.Rect(0, 0, width, height))
	for i := range m.Pix {
		m.Pix[i] = byte(width)
	}
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// upload puts bytes under a path below /api/v1.
func (c *client) upload(path, contentType string, data []byte) answer {
	c.t.Helper()
	as := *c
	as.header = http.Header{"Content-Type": {contentType}}
	for tries := 1; ; tries++ {
		a, err := as.try("PUT", path, string(data))
		if err == nil {
			return a
		}
		// A server that refuses a large body hangs up half a second after its answer: a
		// client that had no time meanwhile may see only that it cannot write any more.
		if tries == 5 || len(data) <= auth.MaxAvatarBytes {
			c.t.Fatalf("PUT %s: %v", path, err)
		}
	}
}

func form(name string, data []byte) (string, []byte) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.WriteField("note", "not a file")
	part, err := w.CreateFormFile("avatar", name)
	if err != nil {
		panic(err)
	}
	_, _ = part.Write(data)
	_ = w.Close()
	return w.FormDataContentType(), b.Bytes()
}

func TestAvatar(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		w := serve(t, url)
		owner, member := w.setUp(), w.newUser("member", contracts.RoleMember)
		path := "/users/" + member.user.ID + "/avatar"
		owner.must(404, "GET", path, nil, nil)
		read := func(a answer) (u contracts.User) {
			t.Helper()
			if a.status != 200 {
				t.Fatalf("%d %s", a.status, a.body)
			}
			member.must(200, "GET", "/me", nil, &u)
			return u
		}
		u := read(member.upload("/me/avatar", "image/png", picture(40, 30)))
		if !strings.HasPrefix(u.AvatarURL, base+path+"?v=") {
			t.Fatalf("avatar_url %q", u.AvatarURL)
		}
		got := owner.do("GET", strings.TrimPrefix(u.AvatarURL, base), nil)
		h := got.header
		if got.status != 200 || h.Get("Content-Type") != "image/jpeg" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cross-Origin-Resource-Policy") != "same-origin" ||
			h.Get("Content-Security-Policy") != "default-src 'none'; sandbox" || h.Get("Cache-Control") != "private, max-age=31536000, immutable" || !strings.HasPrefix(h.Get("Content-Disposition"), "inline") {
			t.Errorf("%d %v", got.status, h)
		}
		m, format, err := image.Decode(bytes.NewReader(got.body))
		if err != nil || format != "jpeg" || m.Bounds().Dx() != 256 || m.Bounds().Dy() != 256 {
			t.Errorf("%s %v, %v", format, m, err)
		}
		plain := owner.do("GET", path, nil)
		if plain.header.Get("Cache-Control") != "private, no-cache" || plain.header.Get("ETag") != h.Get("ETag") {
			t.Errorf("without a version: %v", plain.header)
		}
		owner.header = http.Header{"If-None-Match": {h.Get("ETag")}}
		if a := owner.do("GET", path, nil); a.status != 304 || len(a.body) != 0 {
			t.Errorf("the same again: %d, %d bytes", a.status, len(a.body))
		}
		owner.header = nil
		// A form's file, whatever it says it is.
		kind, body := form("../../x.svg", picture(3, 3))
		if after := read(member.upload("/me/avatar", kind, body)); after.AvatarURL == u.AvatarURL {
			t.Error("another picture has the same address")
		}
		for _, c := range []struct {
			name, kind string
			body       []byte
			status     int
			code       string
		}{
			{"an SVG that says it is a PNG", "image/png", []byte("<svg xmlns='http://www.w3.org/2000/svg'/>"), 415, "unsupported_media_type"},
			{"JSON", "application/json", []byte("{}"), 415, "unsupported_media_type"},
			{"no type", "", dot, 415, "unsupported_media_type"},
			{"a byte too many", "image/png", append(picture(1, 1), make([]byte, auth.MaxAvatarBytes-len(dot)+1)...), 413, "too_large"},
			{"far too many", "image/png", make([]byte, auth.MaxAvatarBytes*2), 413, "too_large"},
			{"a form without a boundary", "multipart/form-data", dot, 400, "malformed"},
			{"a form without a file", "multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--\r\n"), 400, "malformed"},
			{"a form that ends early", kind, body[:len(body)/2], 400, "malformed"},
			{"a bomb", "image/png", bomb, 422, "invalid"},
		} {
			if a := member.upload("/me/avatar", c.kind, c.body); a.status != c.status || a.code() != c.code {
				t.Errorf("%s: %d %s", c.name, a.status, a.body)
			}
		}
		// At the limit: five MiB of a picture with something behind it.
		read(member.upload("/me/avatar", "image/png", append(picture(1, 1), make([]byte, auth.MaxAvatarBytes-len(dot))...)))
		u = contracts.User{}
		member.must(200, "DELETE", "/me/avatar", nil, &u)
		if u.AvatarURL != "" {
			t.Errorf("removed: %q", u.AvatarURL)
		}
		owner.must(404, "GET", path, nil, nil)
	})
}

// bomb is a PNG that says it has 65535² pixels.
var bomb = func() []byte {
	b := picture(1, 1)
	copy(b[16:], []byte{0, 0, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF})
	copy(b[29:], []byte{0, 0, 0, 0})
	return b
}()

func TestProfileAndStatus(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		w := serve(t, url)
		owner, member := w.setUp(), w.newUser("member", contracts.RoleMember)
		fields := []map[string]any{{"key": "team", "label": "Team"}, {"key": "desk", "label": " Desk "}}
		if a := member.do("PATCH", "/me", map[string]any{"fields": map[string]string{"team": "Core"}}); a.status != 422 || !strings.Contains(string(a.body), "/fields/team") {
			t.Errorf("a field before there is one: %d %s", a.status, a.body)
		}
		settings := func(body map[string]any) answer {
			owner.header = http.Header{"If-Match": {"*"}}
			defer func() { owner.header = nil }()
			return owner.do("PATCH", "/admin/settings", body)
		}
		if a := settings(map[string]any{"profile_fields": fields}); a.status != 200 || !strings.Contains(string(a.body), `{"key":"desk","label":"Desk"}`) {
			t.Fatalf("%d %s", a.status, a.body)
		}
		for name, bad := range map[string]any{
			"nine": slices.Repeat(fields[:1], 9), "a key twice": []any{fields[0], fields[0]}, "a key in capitals": []any{map[string]string{"key": "Team", "label": "x"}},
			"no label": []any{map[string]string{"key": "team", "label": " "}}, "an unknown member": []any{map[string]string{"key": "team", "label": "x", "kind": "url"}},
		} {
			if a := settings(map[string]any{"profile_fields": bad}); a.status != 422 {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
		}
		var me contracts.User
		member.must(200, "PATCH", "/me", map[string]any{"title": "Keeper", "pronouns": "she/her", "time_zone": "Asia/Kathmandu", "locale": "ne", "fields": map[string]string{"team": "Core"}}, &me)
		if me.Title != "Keeper" || me.TimeZone != "Asia/Kathmandu" || me.Fields["team"] != "Core" {
			t.Errorf("got %+v", me)
		}
		if a := member.do("PATCH", "/me", map[string]any{"title": "x", "role": "owner"}); a.status != 422 || a.code() != "unknown_field" {
			t.Errorf("a role in one's profile: %d %s", a.status, a.body)
		}
		until := time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond)
		member.must(200, "PUT", "/me/status", map[string]any{"emoji": "🌴", "text": "Away", "expires_at": until}, &me)
		var sync struct {
			Workspace struct {
				ProfileFields []contracts.ProfileField `json:"profile_fields"`
			}
			Users []contracts.User
		}
		owner.must(200, "GET", "/sync", nil, &sync)
		i := slices.IndexFunc(sync.Users, func(u contracts.User) bool { return u.ID == me.ID })
		if st := sync.Users[i].Status; st == nil || st.Text != "Away" || !st.ExpiresAt.Equal(until) || len(sync.Workspace.ProfileFields) != 2 {
			t.Errorf("others see %+v", sync)
		}
		me = contracts.User{}
		member.must(200, "DELETE", "/me/status", nil, &me)
		if me.Status != nil {
			t.Errorf("cleared: %+v", me.Status)
		}
		for name, bad := range map[string]map[string]any{
			"empty": {"text": ""}, "over": {"text": "x", "expires_at": "2020-01-01T00:00:00Z"}, "long": {"text": strings.Repeat("x", 101)}, "a letter": {"emoji": "x"},
		} {
			if a := member.do("PUT", "/me/status", bad); a.status != 422 {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
		}
		member.must(200, "PUT", "/me/status", map[string]any{"text": "x", "expires_at": nil}, &me)
		if fmt.Sprint(me.Status) == "<nil>" || me.Status.ExpiresAt != nil {
			t.Errorf("for ever: %+v", me.Status)
		}
	})
}

// What was written to somebody is theirs under every name: the message, the count of
// mentions, an edit of it, and what is written with the old name later.
func TestARenameKeepsMentions(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, url string) {
		w := serve(t, url)
		owner, named, other := w.setUp(), w.newUser("before", contracts.RoleMember), w.newUser("other", contracts.RoleMember)
		var ch contracts.Channel
		owner.must(201, "POST", "/channels", map[string]any{"name": "mentions", "kind": "public"}, &ch)
		for _, c := range []*client{named, other} {
			c.must(200, "POST", "/channels/"+ch.ID+"/join", nil, nil)
		}
		msg := owner.post(ch.ID, "ask @before about it")
		if !slices.Equal(msg.Mentions, []string{named.user.ID}) {
			t.Fatalf("mentions %q", msg.Mentions)
		}
		var me contracts.User
		named.must(200, "PATCH", "/me", map[string]any{"username": "После"}, &me)
		if me.Username != "после" || !slices.Equal(me.FormerNames, []string{"before"}) {
			t.Fatalf("renamed to %+v", me)
		}
		if a := other.do("PATCH", "/me", map[string]any{"username": "before"}); a.status != 409 || a.code() != "name_taken" {
			t.Errorf("another takes the name: %d %s", a.status, a.body)
		}
		owner.must(200, "GET", "/messages/"+msg.ID, nil, &msg)
		if !slices.Equal(msg.Mentions, []string{named.user.ID}) || msg.Text != "ask @before about it" {
			t.Errorf("after the rename: %+v", msg)
		}
		owner.must(200, "PATCH", "/messages/"+msg.ID, map[string]any{"text": "ask @before about all of it"}, &msg)
		if !slices.Equal(msg.Mentions, []string{named.user.ID}) {
			t.Errorf("after an edit: %+v", msg)
		}
		if m := owner.post(ch.ID, "@before, @ПОСЛЕ and @other"); !slices.Equal(m.Mentions, []string{named.user.ID, other.user.ID}) {
			t.Errorf("both names in one message: %q", m.Mentions)
		}
		var state contracts.Membership
		named.must(200, "GET", "/conversations/"+ch.ID, nil, &state)
		if state.Mentions != 2 {
			t.Errorf("%d mentions unread, want 2", state.Mentions)
		}
		var found contracts.User
		owner.must(200, "GET", "/users/"+named.user.ID, nil, &found)
		if found.Username != "после" {
			t.Errorf("read as %+v", found)
		}
	})
}

// A page shows many people: their pictures must not use up what the person may ask for.
func TestPicturesHaveALimitOfTheirOwn(t *testing.T) {
	t.Parallel()
	w := serve(t, freshDatabase(t, sqldb.SQLite), func(c *Config) { c.Limits.APIRPS, c.Limits.APIBurst = 0.001, 10 })
	owner := w.setUp()
	if a := owner.upload("/me/avatar", "image/png", dot); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for i := range 50 {
		if a := owner.do("GET", "/users/"+owner.user.ID+"/avatar", nil); a.status != 200 {
			t.Fatalf("picture %d: %d", i, a.status)
		}
	}
	if a := owner.do("GET", "/users/"+owner.user.ID+"/avatar", nil); a.status != 429 {
		t.Errorf("picture 51: %d", a.status)
	}
	owner.must(200, "GET", "/me", nil, nil)
}
