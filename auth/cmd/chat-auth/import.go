package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace"
	"github.com/dankerchat/dankerchat/server/workspace/command"
)

func importCommand() *cli.Command {
	return &cli.Command{
		Name: "import", Usage: "make many accounts from a file",
		UsageText: `chat-auth user import --from-file people.csv --dry-run
chat-auth user import --from-file people.csv --send-links --public-url https://chat.example.org --format json
chat-auth user export --db "$OLD" --format jsonl | chat-auth user import --from-file -`,
		Description: "CSV with a first line that names its columns (username, and any of display_name, email, email_proved,\n" +
			"role, bot), or a JSON object with these names on each line. An address counts as its owner's unless email_proved\n" +
			"is false. Every line gets a result; one that fails keeps no other back, and the\n" +
			"exit code is then 9. Accounts are made by the hundred, with an audit entry for each hundred. They have no\n" +
			"password: --send-links prints a link for each, by which its owner sets one within the hour.",
		Flags: cliutil.WriteFlags(
			&cli.StringFlag{Name: "from-file", Usage: "`FILE` that ends in .csv or .jsonl, or - for stdin"},
			&cli.BoolFlag{Name: "send-links", Usage: "print for each account the link to set its password"},
			&cli.StringFlag{Name: "public-url", EnvVars: []string{"DANKERCHAT_PUBLIC_URL"}, Usage: "the `URL` under which people reach the server"},
		),
		Action: command.Do(importUsers),
	}
}

// importedLine is what became of one line.
type importedLine struct {
	Line      int        `json:"line"`
	Username  string     `json:"username"`
	OK        bool       `json:"ok"`
	ID        string     `json:"id,omitempty"`
	Code      string     `json:"code,omitempty"`
	Detail    string     `json:"detail,omitempty"`
	URL       string     `json:"url,omitempty"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
}

func (l *importedLine) failed(err error) {
	l.Code, l.Detail = string(contracts.CodeOf(err)), err.Error()
	var known *contracts.Error
	if errors.As(err, &known) {
		l.Detail = known.Message
		if len(known.Fields) > 0 { // the first fault is in Message
			l.Detail += "; " + known.Fields[0].Detail
		}
	}
}

func importUsers(ctx context.Context, c *cli.Context, s command.Session) error {
	if c.String("from-file") == "" {
		return cliutil.Usagef("which accounts?").WithHint("Give --from-file people.csv, or - to read stdin.")
	}
	if !s.Actor.Can(contracts.PermManageUsers) {
		return contracts.ErrForbidden
	}
	base, err := command.LinkBase(c)
	if err != nil {
		return err
	}
	entries, err := readAccounts(c, c.String("from-file"))
	if err != nil {
		return err
	}
	twice(entries)
	links := c.Bool("send-links") && !cliutil.DryRun(c)
	bar := s.Out.Start("importing", int64(len(entries)))
	lines := make([]importedLine, 0, len(entries))
	for chunk := range slices.Chunk(entries, workspace.MaxImport) {
		lines = append(lines, importChunk(ctx, s, chunk, links, base, bar)...)
	}
	bar.Stop()
	columns := []string{"line", "username", "ok", "code", "detail"}
	if links {
		columns = append(columns, "url", "expires_at")
		s.Out.Notef("the links are shown this once, work once and for an hour")
		if base == "" {
			s.Out.Notef("put the server's address before them, or give --public-url")
		}
	}
	if err := s.Out.List("result", lines, contracts.PageInfo{}, columns...); err != nil {
		return err
	}
	failed := 0
	for _, l := range lines {
		if !l.OK {
			failed++
		}
	}
	if failed > 0 {
		return cliutil.Partial(failed, len(lines))
	}
	return nil
}

// twice marks what is in the file twice: the second would fail anyway, but not in a dry
// run, which keeps none of the first.
func twice(entries []entry) {
	first := map[string]bool{}
	for i, e := range entries {
		name := strings.ToLower(e.user.Username)
		if e.err == nil && name != "" && first[name] {
			entries[i].err = contracts.ErrNameTaken.With("the user name " + name + " stands in the file twice")
		}
		first[name] = true
	}
}

// importChunk makes the accounts of some lines and says what became of each.
func importChunk(ctx context.Context, s command.Session, chunk []entry, links bool, base string, bar *cliutil.Progress) []importedLine {
	lines := make([]importedLine, len(chunk))
	var accounts []auth.PreparedUser
	var of []int // the line of each account
	for i, e := range chunk {
		lines[i] = importedLine{Line: e.line, Username: e.user.Username}
		err := e.err
		var account auth.PreparedUser
		if err == nil {
			account, err = s.Auth.PrepareUser(ctx, s.Actor, e.user)
		}
		if err != nil {
			lines[i].failed(err)
			continue
		}
		accounts, of = append(accounts, account), append(of, i)
	}
	defer bar.Add(int64(len(chunk)))
	if len(accounts) == 0 {
		return lines
	}
	made, err := s.ImportUsers(ctx, s.Actor, accounts, links)
	for n, i := range of {
		l := &lines[i]
		switch {
		case err != nil:
			l.failed(err)
		case made[n].Err != nil:
			l.failed(made[n].Err)
		default:
			l.OK, l.ID, l.Username = true, made[n].User.ID, made[n].User.Username
			if r := made[n].Reset; r != nil {
				l.URL, l.ExpiresAt = base+"/reset#"+r.Code.Reveal(), &r.ExpiresAt
			}
		}
	}
	return lines
}
