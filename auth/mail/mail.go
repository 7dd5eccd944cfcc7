// Package mail sends what auth has to say to people by SMTP: as plain text and HTML in
// one message, from templates that are compiled in.
//
// A [Sender] is an auth.Mailer. It keeps no connection and no queue: auth calls it
// beside the requests and calls again what failed.
package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	gomail "github.com/wneessen/go-mail"
)

// Config says through which server and in whose name.
type Config struct {
	// URL of the server: "smtp://user@host:587" with STARTTLS, which is demanded unless
	// the host is this machine; "smtps://user@host:465" with TLS from the first byte.
	// ?tls=none takes what there is. The password may stand in it, or in Password.
	URL      string
	Password auth.Secret
	From     string        // "Name <chat@example.org>" or the address alone
	Timeout  time.Duration // of one mail; default 20 seconds

	PublicURL string // named at the foot of every mail
	// Workspace returns the workspace's name; nil or "" is DankerChat.
	Workspace func(context.Context) string
}

// Sender sends mails. It is safe for concurrent use.
type Sender struct {
	cfg  Config
	from *mail.Address
	host string
	opts []gomail.Option
}

// New checks the settings; it does not connect.
//
// Errors: [contracts.ErrInvalid], which names the setting.
func New(cfg Config) (*Sender, error) {
	from, err := mail.ParseAddress(cfg.From)
	if err != nil {
		return nil, contracts.ErrInvalid.With("not an address to send mails from: " + strconv.Quote(cfg.From)).WithHint(`Give "Name <chat@example.org>".`)
	}
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" || strings.Trim(u.Path, "/") != "" {
		return nil, contracts.ErrInvalid.With("not the URL of a mail server").WithHint("Give smtp://user@host:587 or smtps://user@host:465.")
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 20 * time.Second
	}
	s := &Sender{cfg: cfg, from: from, host: u.Hostname()}
	s.opts, err = options(u, cfg)
	return s, err
}

func options(u *url.URL, cfg Config) ([]gomail.Option, error) {
	policy, login := gomail.TLSMandatory, gomail.SMTPAuthAutoDiscover
	if ip := net.ParseIP(u.Hostname()); ip != nil && ip.IsLoopback() || u.Hostname() == "localhost" {
		policy, login = gomail.TLSOpportunistic, gomail.SMTPAuthPlainNoEnc
	}
	switch u.Query().Get("tls") {
	case "":
	case "none":
		policy, login = gomail.NoTLS, gomail.SMTPAuthPlainNoEnc
	default:
		return nil, contracts.ErrInvalid.With("the mail server's URL knows tls=none alone")
	}
	port := 587
	opts := []gomail.Option{gomail.WithTLSPolicy(policy), gomail.WithTimeout(cfg.Timeout)}
	if u.Scheme == "smtps" {
		login, port, opts = gomail.SMTPAuthAutoDiscover, 465, []gomail.Option{gomail.WithSSL(), gomail.WithTimeout(cfg.Timeout)}
	}
	if p := u.Port(); p != "" {
		n, err := strconv.Atoi(p)
		if err != nil || n < 1 || n > 65535 {
			return nil, contracts.ErrInvalid.With("the mail server's port must be 1 to 65535")
		}
		port = n
	}
	password, inURL := u.User.Password()
	if cfg.Password != "" {
		if inURL {
			return nil, contracts.ErrInvalid.With("the mail server's password stands in the URL and in a file").WithHint("Leave one of them out.")
		}
		password = cfg.Password.Reveal()
	}
	if user := u.User.Username(); user != "" {
		opts = append(opts, gomail.WithSMTPAuth(login), gomail.WithUsername(user), gomail.WithPassword(password))
	} else if password != "" {
		return nil, contracts.ErrInvalid.With("the mail server's password has no user name").WithHint("Give smtp://user@host:587.")
	}
	return append(opts, gomail.WithPort(port)), nil
}

// Send sends one mail. Errors name no code and no link.
func (s *Sender) Send(ctx context.Context, m auth.Mail) error {
	letter, err := s.compose(ctx, m)
	if err != nil {
		return err
	}
	to, err := mail.ParseAddress(m.To)
	if err != nil {
		return errors.New("mail: the address of the receiver is none")
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := msg.FromFormat(s.from.Name, s.from.Address); err != nil {
		return fmt.Errorf("mail: sender: %w", err)
	}
	if err := msg.AddToFormat(line(m.Name), to.Address); err != nil {
		return fmt.Errorf("mail: receiver: %w", err)
	}
	msg.Subject(letter.Subject)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no vacation notices, please
	msg.SetDate()
	msg.SetMessageIDWithValue(contracts.NewID("mail") + "@" + domain(s.from.Address))
	text, html, err := letter.render()
	if err != nil {
		return err
	}
	msg.SetBodyString(gomail.TypeTextPlain, text)
	msg.AddAlternativeString(gomail.TypeTextHTML, html)
	client, err := gomail.NewClient(s.host, s.opts...)
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	if err := client.DialAndSendWithContext(ctx, msg); err != nil {
		return fmt.Errorf("send mail: %w", err)
	}
	return nil
}

// line makes one line of a text: what ends lines or hides in them is dropped, so that no
// name adds a header.
func line(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return -1
		}
		return r
	}, s))
}

func domain(address string) string {
	return address[strings.LastIndexByte(address, '@')+1:]
}
