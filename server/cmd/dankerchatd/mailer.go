package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/auth/mail"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace"
)

func mailFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "smtp-url", EnvVars: []string{"DANKERCHAT_SMTP_URL"}, Usage: "the `URL` of the mail server, smtp://user@host:587 or smtps://user@host:465; without one nothing is mailed"},
		&cli.StringFlag{Name: "smtp-password-file", EnvVars: []string{"DANKERCHAT_SMTP_PASSWORD_FILE"}, Usage: "the `FILE` that holds the mail server's password"},
		&cli.StringFlag{Name: "mail-from", EnvVars: []string{"DANKERCHAT_MAIL_FROM"}, Usage: "the `ADDRESS` that mails come from, 'Name <chat@example.org>'"},
	}
}

// mailer makes what the flags say, nil without a mail server. named is asked for the
// workspace's name once that is open.
func mailer(c *cli.Context, public *url.URL, named func() *workspace.Workspace) (auth.Mailer, error) {
	if c.String("smtp-url") == "" {
		if c.String("mail-from") != "" || c.String("smtp-password-file") != "" {
			return nil, contracts.ErrInvalid.With("mails need a server").WithHint("Give --smtp-url too.")
		}
		return nil, nil //nolint:nilnil // no mailer is no error
	}
	if cliutil.TypedSecret(c, "smtp-url") {
		return nil, cliutil.Usagef("--smtp-url holds a password, which every user of this machine could read among the arguments").
			WithHint("Put it into a file and name that with --smtp-password-file, or the whole URL into DANKERCHAT_SMTP_URL.")
	}
	switch {
	case public == nil:
		return nil, contracts.ErrInvalid.With("mails need the address that their links begin with").WithHint("Give --public-url too.")
	case c.String("mail-from") == "":
		return nil, contracts.ErrInvalid.With("mails need an address that they come from").WithHint("Give --mail-from too.")
	}
	cfg := mail.Config{
		URL: c.String("smtp-url"), From: c.String("mail-from"), PublicURL: public.String(),
		Workspace: func(ctx context.Context) string {
			settings, err := named().Admin.Settings(ctx)
			if err != nil {
				return "" // the mail goes out all the same
			}
			return settings.Name
		},
	}
	if file := c.String("smtp-password-file"); file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", contracts.ErrUnavailable.With("cannot read "+file+": "+reason(err)).WithHint("It is what --smtp-password-file names."), err)
		}
		if cfg.Password = auth.Secret(strings.TrimRight(string(text), "\r\n")); cfg.Password == "" {
			return nil, contracts.ErrInvalid.With(file + " is empty")
		}
	}
	sender, err := mail.New(cfg)
	if err != nil {
		return nil, err
	}
	return sender, nil
}
