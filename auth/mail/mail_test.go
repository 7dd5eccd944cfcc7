package mail_test

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/auth/mail"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// caught is a mail as it came over the wire.
type caught struct {
	from string
	to   []string
	raw  string
}

// catcher is a mail server that keeps what it is sent.
type catcher struct {
	mu       sync.Mutex
	mails    []caught
	password string // "" lets everybody in
}

func (c *catcher) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{catcher: c}, nil }

func (c *catcher) list() []caught {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mails
}

type session struct {
	*catcher
	in  bool
	now caught
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "chat" || password != s.password {
			return smtp.ErrAuthFailed
		}
		s.in = true
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.password != "" && !s.in {
		return smtp.ErrAuthRequired
	}
	s.now = caught{from: from}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.now.to = append(s.now.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.now.raw = string(raw)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, s.now)
	return nil
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

// listen starts a mail server on loopback and returns its address.
func listen(t *testing.T, c *catcher) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := smtp.NewServer(c)
	s.AllowInsecureAuth = true
	go func() { _ = s.Serve(ln) }()
	t.Cleanup(func() { _ = s.Close() })
	return ln.Addr().String()
}

func sender(t *testing.T, cfg mail.Config) *mail.Sender {
	t.Helper()
	s, err := mail.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// parts reads a mail: its headers, the text and the HTML.
func parts(t *testing.T, raw string) (h netmail.Header, text, html string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatalf("%v in\n%s", err, raw)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("the mail is %s (%v)", kind, err)
	}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return m.Header, text, html
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil || p.Header.Get("Content-Transfer-Encoding") != "quoted-printable" {
			t.Fatalf("%v, encoding %s", err, p.Header.Get("Content-Transfer-Encoding"))
		}
		if strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") {
			html = string(body)
		} else {
			text = string(body)
		}
	}
}

const link = "https://chat.example.org/reset#AbCdEfGhIjKlMnOpQrStUv&x=1"

// Every kind arrives, in words, with its link in both forms.
func TestEveryKindArrives(t *testing.T) {
	t.Parallel()
	c := &catcher{}
	s := sender(t, mail.Config{
		URL: "smtp://" + listen(t, c), From: "DankerChat <chat@example.org>", PublicURL: "https://chat.example.org",
		Workspace: func(context.Context) string { return "Grüße & Co" },
	})
	at := time.Date(2030, 1, 2, 3, 4, 0, 0, time.UTC)
	for _, k := range []struct {
		kind    auth.MailKind
		subject string
		says    string
		link    auth.Secret
	}{
		{auth.MailReset, "A new password for Grüße & Co", "until 2 January 2030, 03:04 UTC", link},
		{auth.MailPassword, "Your password on Grüße & Co was set", "from the address 192.0.2.1", ""},
		{auth.MailInvite, "Owner invites you to Grüße & Co", "make your account", link},
		{auth.MailVerify, "Is this your address? Grüße & Co asks", "there is no account yet", link},
		{auth.MailEmail, "Is this your address? Grüße & Co asks", "the address counts for nothing", link},
		{auth.MailEmailAsked, "Another address for your account on Grüße & Co?", "the request came from 192.0.2.1", ""},
		{auth.MailEmailChanged, "Your account on Grüße & Co has left this address", "the change came from 192.0.2.1", ""},
		{auth.MailNewDevice, "You signed in to Grüße & Co from somewhere new", "with Firefox on Linux", ""},
	} {
		err := s.Send(t.Context(), auth.Mail{Kind: k.kind, To: "m@example.org", Name: "Größe", Link: k.link, ExpiresAt: at, At: at, By: "Owner", IP: "192.0.2.1", Client: "Firefox on Linux"})
		if err != nil {
			t.Fatalf("%s: %v", k.kind, err)
		}
		all := c.list()
		got := all[len(all)-1]
		h, text, html := parts(t, got.raw)
		subject, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
		if err != nil || subject != k.subject || got.from != "chat@example.org" || len(got.to) != 1 || got.to[0] != "m@example.org" || h.Get("Auto-Submitted") != "auto-generated" {
			t.Errorf("%s: subject %q (%v), from %s to %v", k.kind, subject, err, got.from, got.to)
		}
		if !strings.Contains(text, "Hello Größe,") || !strings.Contains(text, k.says) || !strings.Contains(html, "Hello Größe,") {
			t.Errorf("%s:\n%s\n%s", k.kind, text, html)
		}
		if k.link != "" && (!strings.Contains(text, link) || !strings.Contains(html, `href="`+strings.ReplaceAll(link, "&", "&amp;")+`"`)) {
			t.Errorf("%s: the link is missing:\n%s\n%s", k.kind, text, html)
		}
		if k.link == "" && strings.Contains(html, "<a ") {
			t.Errorf("%s: a link from nowhere:\n%s", k.kind, html)
		}
	}
	if err := s.Send(t.Context(), auth.Mail{Kind: "birthday", To: "m@example.org"}); err == nil {
		t.Error("a kind without words was sent")
	}
}

// No name adds a header, a receiver or markup.
func TestNamesInjectNothing(t *testing.T) {
	t.Parallel()
	c := &catcher{}
	evil := "Evil\r\nBcc: victim@example.net\r\n\r\n<script>alert(1)</script>\u2028\u202e{{.Link}}"
	s := sender(t, mail.Config{URL: "smtp://" + listen(t, c), From: "chat@example.org", Workspace: func(context.Context) string { return evil }})
	if err := s.Send(t.Context(), auth.Mail{Kind: auth.MailInvite, To: "m@example.org", Name: evil, By: evil, Client: evil, IP: evil, Link: link}); err != nil {
		t.Fatal(err)
	}
	got := c.list()[0]
	h, text, html := parts(t, got.raw)
	if len(got.to) != 1 || h.Get("Bcc") != "" || h.Get("Cc") != "" || strings.Contains(html, "<script") || strings.Contains(got.raw, "\nBcc:") || strings.ContainsAny(text, "\u2028\u202e") {
		t.Errorf("to %v:\n%s", got.to, got.raw)
	}
	for _, to := range []string{"m@example.org\r\nRCPT TO:<victim@example.net>", "m@example.org, victim@example.net", "", "nobody"} {
		if err := s.Send(t.Context(), auth.Mail{Kind: auth.MailInvite, To: to}); err == nil {
			t.Errorf("a mail went to %q", to)
		}
	}
	if n := len(c.list()); n != 1 {
		t.Errorf("%d mails arrived, want 1", n)
	}
}

func TestServerThatWantsAPassword(t *testing.T) {
	t.Parallel()
	c := &catcher{password: "canary-of-the-mail-server"}
	address := listen(t, c)
	m := auth.Mail{Kind: auth.MailReset, To: "m@example.org", Link: link}
	good := sender(t, mail.Config{URL: "smtp://chat@" + address, Password: "canary-of-the-mail-server", From: "chat@example.org"})
	if err := good.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	bad := sender(t, mail.Config{URL: "smtp://chat:wrong-canary@" + address, From: "chat@example.org"})
	err := bad.Send(t.Context(), m)
	if err == nil || strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "AbCdEf") {
		t.Errorf("got %v", err)
	}
	if n := len(c.list()); n != 1 {
		t.Errorf("%d mails arrived, want 1", n)
	}
}

// A server that is away or silent gives an error in time.
func TestServerThatIsAway(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	silent := sender(t, mail.Config{URL: "smtp://" + ln.Addr().String(), From: "chat@example.org", Timeout: 300 * time.Millisecond})
	began := time.Now()
	if err := silent.Send(t.Context(), auth.Mail{Kind: auth.MailReset, To: "m@example.org"}); err == nil || time.Since(began) > 2*time.Minute {
		t.Errorf("silent: %v after %s", err, time.Since(began))
	}
	// Port 1 is nobody's; one that was closed might be somebody else's by now.
	away := sender(t, mail.Config{URL: "smtp://127.0.0.1:1", From: "chat@example.org"})
	if err := away.Send(t.Context(), auth.Mail{Kind: auth.MailReset, To: "m@example.org"}); err == nil {
		t.Error("nobody listens, and the mail was sent")
	}
}

// A server elsewhere has to speak TLS: mails are full of links that are worth accounts.
func TestPlainTextIsForThisMachine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, url, password string
		ok                  bool
	}{
		{"with STARTTLS", "smtp://chat@mail.example.org:587", "x", true},
		{"with TLS", "smtps://chat@mail.example.org", "x", true},
		{"without a name", "smtp://127.0.0.1:25", "", true},
		{"whatever there is", "smtp://mail.example.org:25?tls=none", "", true},
		{"another word for it", "smtp://mail.example.org:25?tls=maybe", "", false},
		{"another scheme", "http://mail.example.org", "", false},
		{"no host", "smtp://", "", false},
		{"a path", "smtp://mail.example.org/x", "", false},
		{"a port that is none", "smtp://mail.example.org:99999", "", false},
		{"a password for nobody", "smtp://mail.example.org", "x", false},
		{"two passwords", "smtp://chat:y@mail.example.org", "x", false},
		{"nothing", "", "", false},
	} {
		_, err := mail.New(mail.Config{URL: c.url, Password: auth.Secret(c.password), From: "chat@example.org"})
		if (err == nil) != c.ok || err != nil && contracts.CodeOf(err) != contracts.CodeInvalid {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := mail.New(mail.Config{URL: "smtp://127.0.0.1", From: "nobody"}); !errors.Is(err, contracts.ErrInvalid) {
		t.Errorf("a sender without an address: %v", err)
	}
}
