package auth

import (
	"context"
	"strings"
	"time"

	"github.com/dankerchat/dankerchat/contracts/sqldb"
)

// MailKind says what a [Mail] is about.
type MailKind string

const (
	MailReset    MailKind = "reset"    // a link to set a new password
	MailPassword MailKind = "password" // the password was set by such a link
	MailInvite   MailKind = "invite"   // a link to make an account
	MailVerify   MailKind = "verify"   // a link that proves the address and makes the account
	MailEmail    MailKind = "email"    // a link that proves the address of an account that there is
	// MailEmailAsked and MailEmailChanged go to the address before: somebody wants another
	// one, and the account has another one now.
	MailEmailAsked   MailKind = "email_asked"
	MailEmailChanged MailKind = "email_changed"
	MailNewDevice    MailKind = "new_device" // a sign-in from where there was none before
)

// Mail is what a person is told by mail. The words are the [Mailer]'s.
type Mail struct {
	Kind      MailKind
	To        string    // the address
	Name      string    // of the person, as they call themselves; may be empty
	Link      Secret    // below Config.PublicURL; empty where there is nothing to follow
	ExpiresAt time.Time // of the link
	By        string    // who invites; empty for the operator
	At        time.Time // when it happened
	IP        string    // from where, for a sign-in
	Client    string    // with what
}

// outgoing is a mail that leaves with the commit of the transaction that noted it.
type outgoing struct {
	from *Service // of several in a process the one that wrote it
	mail Mail
}

// CanMail tells whether this Service sends mails.
func (s *Service) CanMail() bool { return s.cfg.Mailer != nil }

// mailAfter sends a mail once the transaction is committed; nothing without a mailer
// or an address.
func (s *Service) mailAfter(ctx context.Context, m Mail) {
	if s.CanMail() && m.To != "" {
		sqldb.Note(ctx, outgoing{s, m})
	}
}

// post queues a mail, beside everything else: no request waits for a mail server.
func (s *Service) post(m Mail) {
	if s.CanMail() && m.To != "" && !s.outbox.do(func(ctx context.Context) { s.deliver(ctx, m, 0) }) {
		s.log.Warn().Str("kind", string(m.Kind)).Msg("too many mails wait, one was dropped")
	}
}

// deliver sends a mail and, when that fails, tries again later, as often as
// Config.MailRetries says. What still waits when the process ends is lost.
func (s *Service) deliver(ctx context.Context, m Mail, tries int) {
	err := s.cfg.Mailer.Send(ctx, m)
	if err == nil {
		s.log.Debug().Str("kind", string(m.Kind)).Msg("mail sent")
		return
	}
	if tries >= len(s.cfg.MailRetries) {
		s.log.Error().Err(err).Str("kind", string(m.Kind)).Msg("mail not sent")
		return
	}
	s.log.Warn().Err(err).Str("kind", string(m.Kind)).Int("tries", tries+1).Msg("mail not sent yet")
	time.AfterFunc(s.cfg.MailRetries[tries], func() {
		s.outbox.do(func(ctx context.Context) { s.deliver(ctx, m, tries+1) })
	})
}

// link is an address of the workspace's pages. It comes from Config.PublicURL alone:
// what a request says about its host never gets into a mail. page ends where the code
// begins: in the fragment, which no server sees, but for an invite.
func (s *Service) link(page string, code Secret) Secret {
	return Secret(strings.TrimSuffix(s.cfg.PublicURL, "/") + page + string(code))
}
