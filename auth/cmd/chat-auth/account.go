package main

import (
	"context"
	"encoding/csv"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/dankerchat/dankerchat/auth"
	"github.com/dankerchat/dankerchat/contracts"
	"github.com/dankerchat/dankerchat/contracts/cliutil"
	"github.com/dankerchat/dankerchat/server/workspace/command"
)

// accountColumns are what a file of accounts may say, for import and export.
var accountColumns = []string{"username", "display_name", "email", "email_proved", "role", "bot"}

// account is one account of an export: what another workspace needs to make it, and
// nothing that is secret.
type account struct {
	Username    string              `json:"username"`
	DisplayName string              `json:"display_name"`
	Email       string              `json:"email"`
	EmailProved *bool               `json:"email_proved,omitempty"` // without an address, and in a file that does not say: nil
	Role        contracts.Role      `json:"role"`
	Bot         bool                `json:"bot"`
	State       contracts.UserState `json:"state"`
	ID          string              `json:"id"`
	CreatedAt   time.Time           `json:"created_at"`
}

func exportCommand() *cli.Command {
	return &cli.Command{
		Name: "export", Usage: "write all accounts, without secrets: CSV, or what --format says",
		UsageText: "chat-auth user export > accounts.csv\nchat-auth user export --state active --format jsonl > accounts.jsonl",
		Description: "Passwords, tokens and second factors are in no export. user import reads the file in another workspace; it\n" +
			"passes over state, id and created_at.",
		Flags: []cli.Flag{&cli.StringFlag{Name: "state", Usage: "only `active|suspended` accounts"}},
		Action: command.Do(func(ctx context.Context, c *cli.Context, s command.Session) error {
			state := contracts.UserState(c.String("state"))
			return exportUsers(ctx, c, s, auth.UsersRequest{PageRequest: contracts.PageRequest{Limit: contracts.MaxLimit}, State: state})
		}),
	}
}

func exportUsers(ctx context.Context, c *cli.Context, s command.Session, req auth.UsersRequest) error {
	s.Out.Stream()
	csvHeader := strings.Join(accountColumns, ",") + ",state,id,created_at"
	for first := true; ; first = false {
		page, err := s.Workspace.Users(ctx, s.Actor, req)
		if err != nil {
			return err
		}
		for i, u := range page.Data {
			a := account{u.Username, u.DisplayName, u.Email, u.EmailProved, u.Role, u.Bot, u.State, u.ID, u.CreatedAt}
			proved := ""
			if a.EmailProved != nil {
				proved = strconv.FormatBool(*a.EmailProved)
			}
			line := csvLine(a.Username, a.DisplayName, a.Email, proved, string(a.Role), strconv.FormatBool(a.Bot), string(a.State), a.ID, a.CreatedAt.Format(cliutil.TimeFormat))
			if first && i == 0 && !c.Bool("no-header") && c.String("fields") == "" {
				line = csvHeader + "\n" + line
			}
			if err := s.Out.Record("user", a, line); err != nil {
				return err
			}
		}
		if page.Page.Next == nil {
			return nil
		}
		req.After = *page.Page.Next
	}
}

// csvLine writes one record (RFC 4180). What a spreadsheet would run as a formula gets
// an apostrophe before it, which import takes away again.
func csvLine(fields ...string) string {
	for i, f := range fields {
		if f != "" && strings.ContainsRune("=+-@\t", rune(f[0])) {
			fields[i] = "'" + f
		}
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.Write(fields) // a Builder takes everything
	w.Flush()
	return strings.TrimSuffix(b.String(), "\n")
}

func deleteCommand() *cli.Command {
	return &cli.Command{
		Name: "delete", Usage: "erase an account for good", ArgsUsage: "USER",
		UsageText: "chat-auth user delete @member\nchat-auth user delete @member --yes --format json",
		Description: "Names, address, profile, password, second factors, sessions, tokens and login history are erased, and the\n" +
			"name is free again. What the person wrote stays, under \"Deleted user\". The audit log keeps its entries.\n" +
			"To lock somebody out and keep everything, use user suspend.",
		Flags: cliutil.WriteFlags(),
		Action: command.Do(func(ctx context.Context, c *cli.Context, s command.Session) error {
			u, err := s.User(ctx, c.Args().First())
			if err != nil {
				return err
			}
			if err := cliutil.ConfirmTyped(c, "Deleting @"+u.Username, u.Username); err != nil {
				return err
			}
			gone, err := s.DeleteUser(ctx, s.Actor, u.ID)
			if err != nil {
				return err
			}
			return s.Out.One("user", gone, command.UserColumns...)
		}),
	}
}
