package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/admin"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace/command"
)

func auditFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "actor", Usage: "only by this `USER`, or operator"},
		&cli.StringFlag{Name: "action", Usage: "only this `ACTION`: user.suspend"},
		&cli.StringFlag{Name: "target", Usage: "only about this `ID` or @user, or workspace"},
	}
}

func auditCommand() *cli.Command {
	return &cli.Command{Name: "audit", Usage: "who did what", Subcommands: []*cli.Command{
		{
			Name: "list", Usage: "list entries, the newest first",
			UsageText: "chat-admin audit list\nchat-admin audit list --actor operator --action user.suspend\nchat-admin audit list --target @member --format json",
			Flags:     cliutil.PageFlags(auditFlags()...),
			Action: command.Do(func(ctx context.Context, c *cli.Context, s command.Session) error {
				req, err := request(ctx, c, s)
				if err != nil {
					return err
				}
				return cliutil.List(c, "audit", func(p contracts.PageRequest) (contracts.Page[named], error) {
					req.PageRequest = p
					page, err := s.Admin.Audit(ctx, s.Actor, req)
					if err != nil {
						return contracts.Page[named]{}, err
					}
					list, err := withNames(ctx, s, page.Data)
					return contracts.Page[named]{Data: list, Page: page.Page}, err
				}, "sequence", "at", "actor_name", "action", "target_name", "after")
			}),
		},
		{
			Name: "export", Usage: "write all entries, the newest first",
			UsageText:   "chat-admin audit export --format jsonl > audit.jsonl",
			Description: "Writes as it reads, so it takes little memory under jsonl however long the log is.",
			Flags:       auditFlags(),
			Action:      command.Do(export),
		},
		{
			Name: "verify", Usage: "look whether an entry was edited, deleted, reordered or cut off",
			UsageText:   "chat-admin audit verify\nchat-admin audit verify --format json --fields hash",
			Description: "Exit code 6 when one was. The hash is that of the last entry: keep it elsewhere and compare.",
			Action:      command.Do(verify),
		},
	}}
}

// named is an entry with what people call its actor and its target.
type named struct {
	contracts.Audit
	ActorName  string `json:"actor_name"`
	TargetName string `json:"target_name"`
}

func withNames(ctx context.Context, s command.Session, entries []contracts.Audit) ([]named, error) {
	names, list := map[string]string{}, make([]named, len(entries))
	for i, a := range entries {
		for _, id := range []string{a.Actor, a.Target} {
			if _, known := names[id]; known {
				continue
			}
			name, err := s.Name(ctx, id)
			if err != nil {
				return nil, err
			}
			names[id] = name
		}
		list[i] = named{a, names[a.Actor], names[a.Target]}
	}
	return list, nil
}

func verify(ctx context.Context, _ *cli.Context, s command.Session) error {
	if !s.Actor.Can(contracts.PermReadAudit) {
		return contracts.ErrForbidden.With("not allowed: audit:read is needed")
	}
	bar := s.Out.Start("verifying", 0)
	r, err := s.Admin.VerifyAudit(ctx)
	bar.Stop()
	if err != nil {
		return err
	}
	if !r.OK {
		return contracts.ErrConflict.With("the audit log was tampered with: " + r.Problem).
			WithHint(fmt.Sprintf("%d entries before it are in order. Compare with a backup.", r.Entries))
	}
	return s.Out.One("audit_report", r, "ok", "entries", "hash")
}

func request(ctx context.Context, c *cli.Context, s command.Session) (admin.AuditRequest, error) {
	req := admin.AuditRequest{Action: c.String("action")}
	for _, f := range []struct {
		name string
		into *string
	}{{"actor", &req.Actor}, {"target", &req.Target}} {
		value := c.String(f.name)
		bare := f.name == "actor" && value != "" && value != admin.OperatorName && !contracts.ValidID(contracts.PrefixUser, value)
		if bare || len(value) > 1 && value[0] == '@' {
			u, err := s.User(ctx, value)
			if err != nil {
				return req, err
			}
			value = u.ID
		} else if len(value) > 1 && value[0] == '#' {
			ch, err := s.Channel(ctx, value)
			if err != nil {
				return req, err
			}
			value = ch.ID
		}
		*f.into = value
	}
	return req, nil
}

func export(ctx context.Context, c *cli.Context, s command.Session) error {
	req, err := request(ctx, c, s)
	if err != nil {
		return err
	}
	s.Out.Stream()
	bar := s.Out.Start("exporting", 0)
	defer bar.Stop()
	for {
		req.Limit = contracts.MaxLimit
		page, err := s.Admin.Audit(ctx, s.Actor, req)
		if err != nil {
			return err
		}
		for _, a := range page.Data {
			line := fmt.Sprintf("%d  %s  %s  %s  %s  %s", a.Sequence, a.At.Format(cliutil.TimeFormat), a.Actor, a.Action, a.Target, a.Hash)
			if err := s.Out.Record("audit", a, cliutil.Visible(line)); err != nil {
				return err
			}
		}
		bar.Add(int64(len(page.Data)))
		if page.Page.Next == nil {
			return nil
		}
		req.After = *page.Page.Next
	}
}
